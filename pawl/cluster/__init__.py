"""The platform as separate processes on this machine: Kafka, PostgreSQL, Redis, each service."""
