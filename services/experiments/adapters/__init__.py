"""SQL, and HTTP to other services and to agents."""
