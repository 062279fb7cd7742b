"""Alembic migrations of clustering."""
