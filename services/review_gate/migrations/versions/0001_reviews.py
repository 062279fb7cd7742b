"""Proposals on their way, verdicts that came early, imports."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "review_proposals",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("proposal_id", sa.String(40), nullable=False, unique=True),
        sa.Column("agent", sa.String(100), nullable=False),
        sa.Column("mining_run_id", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("view", sa.Text, nullable=False),
        sa.Column("intent", sa.JSON, nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("review_proposals_by_agent", "review_proposals", ["agent", "state"])
    op.create_index("review_proposals_by_run", "review_proposals", ["mining_run_id"])
    op.create_table(
        "review_early_verdicts",
        sa.Column("proposal_id", sa.String(40), primary_key=True),
        sa.Column("experiment", sa.Text, nullable=False),
    )
    op.create_table(
        "review_imports",
        sa.Column("agent", sa.String(100), primary_key=True),
        sa.Column("commit", sa.String(40), nullable=False),
        sa.Column("files", sa.JSON, nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
    )
