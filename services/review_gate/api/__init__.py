"""`/api/v1/proposals` and `/api/v1/config-repo`."""
