"""The tables of experiments, version by version."""
