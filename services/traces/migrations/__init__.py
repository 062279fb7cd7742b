"""Alembic history of the trace store's SQL."""
