"""Measured claims: each a figure against a limit, or a ratio against a rival in the same run."""
