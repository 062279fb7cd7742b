"""Labelled data: every review becomes an example with its place in the agent's log."""
