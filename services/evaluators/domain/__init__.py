"""Checks and how they are run; pure."""
