"""The tables of datasets, version by version."""
