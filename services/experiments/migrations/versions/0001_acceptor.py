"""Examples, the queue of experiments, the ledger of sealed tests and what replays gave."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _time(name: str, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _examples() -> None:
    op.create_table(
        "experiments_examples",
        sa.Column("agent", sa.String(100), primary_key=True),
        sa.Column("example_key", sa.String(200), primary_key=True),
        sa.Column("project", sa.String(200), nullable=False),
        sa.Column("group_key", sa.Text, nullable=False),
        sa.Column("group_hash", sa.String(64), nullable=False),
        sa.Column("split", sa.String(10), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("trace_id", sa.String(32), nullable=False),
        sa.Column("input", sa.JSON, nullable=False),
        sa.Column("expected", sa.JSON, nullable=False),
        sa.Column("answered", sa.JSON, nullable=True),
        sa.Column("correct", sa.Boolean, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("precedent", sa.String(200), nullable=True),
        sa.Column("config_digest", sa.String(80), nullable=True),
        sa.Column("feedback_id", sa.String(200), nullable=False),
        _time("labelled_at"),
    )
    op.create_index(
        "experiments_examples_by_split", "experiments_examples", ["agent", "split", "epoch"]
    )
    op.create_index(
        "experiments_examples_by_group", "experiments_examples", ["agent", "group_hash"]
    )


def _pending_feedback() -> None:
    op.create_table(
        "experiments_pending_feedback",
        sa.Column("feedback_id", sa.String(200), primary_key=True),
        sa.Column("agent", sa.String(100), nullable=True),
        sa.Column("project", sa.String(200), nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        _time("next_try_at"),
    )
    op.create_index(
        "experiments_pending_by_time", "experiments_pending_feedback", ["state", "next_try_at"]
    )


def _agents() -> None:
    op.create_table(
        "experiments_agents",
        sa.Column("agent", sa.String(100), primary_key=True),
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
    )


def _instances() -> None:
    op.create_table(
        "experiments_instances",
        sa.Column("agent", sa.String(100), primary_key=True),
        sa.Column("instance_id", sa.String(200), primary_key=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("replay_url", sa.Text, nullable=True),
        _time("reported_at"),
    )


def _decisions() -> None:
    op.create_table(
        "experiments_decisions",
        sa.Column("proposal_id", sa.String(100), primary_key=True),
        sa.Column("agent", sa.String(100), nullable=False),
        sa.Column("decision", sa.String(20), nullable=False),
        sa.Column("bundle_digest", sa.String(80), nullable=True),
        sa.Column("released", sa.Boolean, nullable=False),
        _time("handled_at"),
    )
    op.create_index(
        "experiments_decisions_by_agent", "experiments_decisions", ["agent", "decision", "released"]
    )


def _experiments() -> None:
    op.create_table(
        "experiments_experiments",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("experiment_id", sa.String(40), nullable=False, unique=True),
        sa.Column("proposal_id", sa.String(100), nullable=False),
        sa.Column("agent", sa.String(100), nullable=False),
        sa.Column("mining_run_id", sa.String(200), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("verdict", sa.String(20), nullable=True),
        sa.Column("proposal", sa.Text, nullable=False),
        sa.Column("plan", sa.Text, nullable=True),
        sa.Column("result", sa.Text, nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        _time("next_try_at"),
        _time("queued_at"),
        _time("started_at", nullable=True),
        _time("finished_at", nullable=True),
    )
    op.create_index(
        "experiments_experiments_by_agent", "experiments_experiments", ["agent", "state"]
    )
    op.create_index(
        "experiments_experiments_by_proposal", "experiments_experiments", ["proposal_id"]
    )


def _epochs() -> None:
    op.create_table(
        "experiments_epochs",
        sa.Column("agent", sa.String(100), primary_key=True),
        sa.Column("epoch", sa.Integer, primary_key=True),
        sa.Column("policy", sa.String(20), nullable=False),
        sa.Column("budget", sa.Float, nullable=False),
        sa.Column("tests_max", sa.Integer, nullable=False),
        sa.Column("share", sa.Float, nullable=False),
        _time("opened_at"),
    )


def _ledger() -> None:
    op.create_table(
        "experiments_ledger",
        sa.Column("experiment_id", sa.String(40), primary_key=True),
        sa.Column("proposal_id", sa.String(100), nullable=False),
        sa.Column("agent", sa.String(100), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("test_number", sa.Integer, nullable=False),
        sa.Column("level", sa.Float, nullable=False),
        sa.Column("baseline_digest", sa.String(80), nullable=False),
        sa.Column("candidate_digest", sa.String(80), nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("wins", sa.Integer, nullable=True),
        sa.Column("losses", sa.Integer, nullable=True),
        sa.Column("p_value", sa.Float, nullable=True),
        _time("opened_at"),
        _time("closed_at", nullable=True),
    )
    op.create_index(
        "experiments_ledger_by_agent", "experiments_ledger", ["agent", "epoch", "test_number"]
    )


def _replays() -> None:
    op.create_table(
        "experiments_replays",
        sa.Column("agent", sa.String(100), primary_key=True),
        sa.Column("digest", sa.String(80), primary_key=True),
        sa.Column("example_key", sa.String(200), primary_key=True),
        sa.Column("input_hash", sa.String(40), primary_key=True),
        sa.Column("result", sa.Text, nullable=False),
    )


def _leases() -> None:
    op.create_table(
        "experiments_leases",
        sa.Column("agent", sa.String(100), primary_key=True),
        sa.Column("owner", sa.String(200), nullable=False),
        _time("expires_at"),
    )


def upgrade() -> None:
    _examples()
    _pending_feedback()
    _agents()
    _instances()
    _decisions()
    _experiments()
    _epochs()
    _ledger()
    _replays()
    _leases()
