"""Reviews live in datasets; the tests of an agent's whole life replace epochs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _time(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _tests() -> None:
    op.create_table(
        "experiments_tests",
        sa.Column("agent", sa.String(100), primary_key=True),
        sa.Column("test_number", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("experiment_id", sa.String(40), nullable=True, unique=True),
        sa.Column("baseline_digest", sa.String(80), nullable=False),
        sa.Column("candidate_digest", sa.String(80), nullable=True),
        sa.Column("level", sa.Float, nullable=False),
        sa.Column("share", sa.Float, nullable=False),
        sa.Column("promoted_before", sa.Integer, nullable=False),
        sa.Column("from_position", sa.Integer, nullable=False),
        sa.Column("through_position", sa.Integer, nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("state", sa.Text, nullable=True),
        sa.Column("evidence", sa.Text, nullable=True),
        _time("opened_at"),
        _time("closed_at", nullable=True),
    )
    op.create_index("experiments_tests_by_outcome", "experiments_tests", ["agent", "outcome"])


def _live() -> None:
    op.create_table(
        "experiments_live",
        sa.Column("experiment_id", sa.String(40), primary_key=True),
        sa.Column("agent", sa.String(100), nullable=False),
        sa.Column("proposal", sa.Text, nullable=False),
        sa.Column("candidate_digest", sa.String(80), nullable=False),
        sa.Column("from_position", sa.Integer, nullable=False),
        sa.Column("test_number", sa.Integer, nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        _time("opened_at"),
        _time("closed_at", nullable=True),
    )
    op.create_index("experiments_live_by_state", "experiments_live", ["state", "agent"])


def upgrade() -> None:
    _tests()
    _live()
    op.create_table(
        "experiments_heads",
        sa.Column("agent", sa.String(100), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
    )
    op.add_column(
        "experiments_agents",
        sa.Column("era_from", sa.Integer, nullable=False, server_default="0"),
    )
    op.add_column("experiments_experiments", sa.Column("waits_for", sa.Integer, nullable=True))
    # What was under way was held against splits that are gone: it begins anew.
    op.execute(
        "update experiments_experiments set state = 'queued', plan = null where state <> 'finished'"
    )
    for table in (
        "experiments_examples",
        "experiments_pending_feedback",
        "experiments_epochs",
        "experiments_ledger",
    ):
        op.drop_table(table)
