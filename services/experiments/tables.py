"""What the acceptor remembers. Names carry the service's, since a cluster shares one database."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
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


HEADS = Table(
    # The newest review of each agent that was heard of: what waits for evidence looks here.
    "experiments_heads",
    METADATA,
    Column("agent", String(100), primary_key=True),
    Column("position", Integer, nullable=False),
)

AGENTS = Table(
    "experiments_agents",
    METADATA,
    Column("agent", String(100), primary_key=True),
    Column("digest", String(DIGEST_LENGTH), nullable=False),
    Column("sequence", Integer, nullable=False),
    # The newest review when this release was heard of: an era's evidence comes after it.
    Column("era_from", Integer, nullable=False),
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
    # The number of the test that a frozen candidate waits for.
    Column("waits_for", Integer, nullable=True),
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

TESTS = Table(
    # Every sequential test of an agent's life: its row is there before anything is compared.
    "experiments_tests",
    METADATA,
    Column("agent", String(100), primary_key=True),
    Column("test_number", Integer, primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("experiment_id", String(40), nullable=True, unique=True),
    Column("baseline_digest", String(DIGEST_LENGTH), nullable=False),
    Column("candidate_digest", String(DIGEST_LENGTH), nullable=True),
    Column("level", Float, nullable=False),
    # The part of the agent's whole budget; it comes back when no review ever counted.
    Column("share", Float, nullable=False),
    Column("promoted_before", Integer, nullable=False),
    Column("from_position", Integer, nullable=False),
    Column("through_position", Integer, nullable=False),
    Column("outcome", String(10), nullable=False),
    # How far an era was taken: plain JSON of the procedure test.
    Column("state", Text, nullable=True),
    Column("evidence", Text, nullable=True),
    Column("opened_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime, nullable=True),
    Index("experiments_tests_by_outcome", "agent", "outcome"),
)

LIVE = Table(
    # What was promoted on procedure evidence: its exact test is on live traffic.
    "experiments_live",
    METADATA,
    Column("experiment_id", String(40), primary_key=True),
    Column("agent", String(100), nullable=False),
    Column("proposal", Text, nullable=False),
    Column("candidate_digest", String(DIGEST_LENGTH), nullable=False),
    Column("from_position", Integer, nullable=False),
    Column("test_number", Integer, nullable=True),
    Column("state", String(10), nullable=False),
    Column("note", Text, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime, nullable=True),
    Index("experiments_live_by_state", "state", "agent"),
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
