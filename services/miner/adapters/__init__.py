"""SQL, and what other services are asked."""
