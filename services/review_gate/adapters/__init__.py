"""Git, GitHub, SQL and the traces API."""
