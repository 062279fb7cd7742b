"""What the acceptor remembers. Names carry the service's, since a cluster shares one database."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

METADATA = MetaData()
DIGEST_LENGTH = 80


class UtcTime(TypeDecorator[datetime]):
    """SQLite forgets zones: everything goes in as UTC and comes out as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        known: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
        return known.astimezone(UTC)


EXAMPLES = Table(
    "experiments_examples",
    METADATA,
    Column("agent", String(100), primary_key=True),
    Column("example_key", String(200), primary_key=True),
    Column("project", String(200), nullable=False),
    Column("group_key", Text, nullable=False),
    Column("group_hash", String(64), nullable=False),
    # Fixed when first seen: later config changes never move an example to another split.
    Column("split", String(10), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("trace_id", String(32), nullable=False),
    Column("input", JSON, nullable=False),
    Column("expected", JSON, nullable=False),
    Column("answered", JSON, nullable=True),
    Column("correct", Boolean, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("precedent", String(200), nullable=True),
    Column("config_digest", String(DIGEST_LENGTH), nullable=True),
    Column("feedback_id", String(200), nullable=False),
    Column("labelled_at", UtcTime, nullable=False),
    Index("experiments_examples_by_split", "agent", "split", "epoch"),
    Index("experiments_examples_by_group", "agent", "group_hash"),
)

PENDING = Table(
    "experiments_pending_feedback",
    METADATA,
    Column("feedback_id", String(200), primary_key=True),
    Column("agent", String(100), nullable=True),
    Column("project", String(200), nullable=False),
    Column("event", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("next_try_at", UtcTime, nullable=False),
    Index("experiments_pending_by_time", "state", "next_try_at"),
)

AGENTS = Table(
    "experiments_agents",
    METADATA,
    Column("agent", String(100), primary_key=True),
    Column("digest", String(DIGEST_LENGTH), nullable=False),
    Column("sequence", Integer, nullable=False),
)

INSTANCES = Table(
    "experiments_instances",
    METADATA,
    Column("agent", String(100), primary_key=True),
    Column("instance_id", String(200), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("replay_url", Text, nullable=True),
    Column("reported_at", UtcTime, nullable=False),
)

DECISIONS = Table(
    "experiments_decisions",
    METADATA,
    Column("proposal_id", String(100), primary_key=True),
    Column("agent", String(100), nullable=False),
    Column("decision", String(20), nullable=False),
    Column("bundle_digest", String(DIGEST_LENGTH), nullable=True),
    Column("released", Boolean, nullable=False),
    Column("handled_at", UtcTime, nullable=False),
    Index("experiments_decisions_by_agent", "agent", "decision", "released"),
)

EXPERIMENTS = Table(
    "experiments_experiments",
    METADATA,
    Column(
        "position",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("experiment_id", String(40), nullable=False, unique=True),
    Column("proposal_id", String(100), nullable=False),
    Column("agent", String(100), nullable=False),
    Column("mining_run_id", String(200), nullable=False),
    Column("state", String(10), nullable=False),
    Column("verdict", String(20), nullable=True),
    Column("proposal", Text, nullable=False),
    Column("plan", Text, nullable=True),
    Column("result", Text, nullable=True),
    Column("attempts", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("next_try_at", UtcTime, nullable=False),
    Column("queued_at", UtcTime, nullable=False),
    Column("started_at", UtcTime, nullable=True),
    Column("finished_at", UtcTime, nullable=True),
    Index("experiments_experiments_by_agent", "agent", "state"),
    Index("experiments_experiments_by_proposal", "proposal_id"),
)

EPOCHS = Table(
    # The terms of a budget are fixed when it opens: a changed setting counts from the next.
    "experiments_epochs",
    METADATA,
    Column("agent", String(100), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("policy", String(20), nullable=False),
    Column("budget", Float, nullable=False),
    Column("tests_max", Integer, nullable=False),
    Column("share", Float, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
)

LEDGER = Table(
    "experiments_ledger",
    METADATA,
    Column("experiment_id", String(40), primary_key=True),
    Column("proposal_id", String(100), nullable=False),
    Column("agent", String(100), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("test_number", Integer, nullable=False),
    Column("level", Float, nullable=False),
    Column("baseline_digest", String(DIGEST_LENGTH), nullable=False),
    Column("candidate_digest", String(DIGEST_LENGTH), nullable=False),
    Column("n", Integer, nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("wins", Integer, nullable=True),
    Column("losses", Integer, nullable=True),
    Column("p_value", Float, nullable=True),
    Column("opened_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime, nullable=True),
    Index("experiments_ledger_by_agent", "agent", "epoch", "test_number"),
)

REPLAYS = Table(
    "experiments_replays",
    METADATA,
    Column("agent", String(100), primary_key=True),
    Column("digest", String(DIGEST_LENGTH), primary_key=True),
    Column("example_key", String(200), primary_key=True),
    Column("input_hash", String(40), primary_key=True),
    Column("result", Text, nullable=False),
)

LEASES = Table(
    # One worker an agent, whichever process it lives in.
    "experiments_leases",
    METADATA,
    Column("agent", String(100), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)
