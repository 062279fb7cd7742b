"""Other services over HTTP, and the console's own tables."""
