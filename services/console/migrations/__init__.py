"""Versions of the console's tables."""
