"""Alembic migrations of the miner."""
