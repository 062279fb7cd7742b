"""Agents, failures, clusters."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "clustering_agents",
        sa.Column("agent", sa.String(200), primary_key=True),
        sa.Column("changes", sa.Integer, nullable=False),
        sa.Column("clustered", sa.Integer, nullable=False),
    )
    op.create_table(
        "clustering_failures",
        sa.Column("evaluation_id", sa.String(64), primary_key=True),
        sa.Column("agent", sa.String(200), nullable=False, index=True),
        sa.Column("trace_id", sa.String(32), nullable=False),
        sa.Column("evaluator", sa.String(200), nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("failed_at", sa.String(40), nullable=False),
    )
    op.create_table(
        "clustering_clusters",
        sa.Column("agent", sa.String(200), nullable=False),
        sa.Column("cluster_id", sa.String(64), nullable=False),
        sa.Column("view", sa.JSON, nullable=False),
        sa.Column("keys", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("agent", "cluster_id"),
    )
