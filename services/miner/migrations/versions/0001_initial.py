"""Runs, proposals, and what was heard of agents."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "miner_runs",
        sa.Column("mining_run_id", sa.String(200), primary_key=True),
        sa.Column("agent", sa.String(200), nullable=False, index=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("author", sa.String(20), nullable=False),
        sa.Column("base_digest", sa.String(80), nullable=True),
        sa.Column("proposal_ids", sa.JSON, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("started_at", sa.String(40), nullable=False),
        sa.Column("finished_at", sa.String(40), nullable=True),
    )
    op.create_table(
        "miner_proposals",
        sa.Column("mining_run_id", sa.String(200), primary_key=True),
        sa.Column("proposal_id", sa.String(64), primary_key=True),
        sa.Column("agent", sa.String(200), nullable=False, index=True),
        sa.Column("edits", sa.JSON, nullable=False),
        sa.Column("verdict", sa.String(20), nullable=True),
        sa.Column("decision", sa.String(20), nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "miner_heard",
        sa.Column("agent", sa.String(200), primary_key=True),
        sa.Column("heard_at", sa.String(40), nullable=False),
        sa.Column("mined_at", sa.String(40), nullable=True),
    )
