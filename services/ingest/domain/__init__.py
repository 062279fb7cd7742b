"""What the door decides, without any I/O: what is a span, whose it is, what may pass."""
