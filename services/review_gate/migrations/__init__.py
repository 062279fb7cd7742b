"""Versions of the gate's tables."""
