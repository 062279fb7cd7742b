"""The acceptor: a proposal proves itself on held-out examples, or it does not pass."""
