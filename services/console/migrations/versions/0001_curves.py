"""Agreement by config, and reports of loop runs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "console_agreement",
        sa.Column("agent", sa.String(100), primary_key=True),
        sa.Column("digest", sa.String(80), primary_key=True),
        sa.Column("split", sa.String(20), primary_key=True),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("correct", sa.Integer, nullable=False),
        sa.Column("ci_low", sa.Float, nullable=False),
        sa.Column("ci_high", sa.Float, nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "console_loop_reports",
        sa.Column("run", sa.String(200), primary_key=True),
        sa.Column("agent", sa.String(100), nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
