"""What the registry keeps."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()
TIME = DateTime(timezone=True)

BUNDLES = Table(
    "config_bundles",
    METADATA,
    Column("digest", String(71), primary_key=True),
    Column("agent", String(100), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("signature", String(100), nullable=False),
    Column("created_at", TIME, nullable=False),
)

RELEASES = Table(
    "config_releases",
    METADATA,
    Column("agent", String(100), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("digest", String(71), nullable=False),
    Column("commit", String(64), nullable=False),
    Column("proposal_id", String(200), nullable=True),
    Column("experiment_id", String(200), nullable=True),
    Column("approved_by", String(200), nullable=False),
    Column("decided_at", TIME, nullable=False),
    Column("released_at", TIME, nullable=False),
    UniqueConstraint("agent", "proposal_id", name="config_releases_once"),
)

CHANNELS = Table(
    "config_channels",
    METADATA,
    Column("agent", String(100), primary_key=True),
    Column("channel", String(63), primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("digest", String(71), nullable=False),
    Column("canary", JSON(none_as_null=True), nullable=True),
    Column("moved_at", TIME, nullable=False),
)

MOVES = Table(
    # Every generation there ever was: what a rollback may return to, and who moved it.
    "config_moves",
    METADATA,
    Column("agent", String(100), primary_key=True),
    Column("channel", String(63), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("digest", String(71), nullable=False),
    Column("previous_digest", String(71), nullable=True),
    Column("canary", JSON(none_as_null=True), nullable=True),
    Column("moved_by", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("moved_at", TIME, nullable=False),
)

DECISIONS = Table(
    # Written before anything is checked: an approval waits here while the gate is unreachable.
    "config_decisions",
    METADATA,
    Column(
        "sequence",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("natural_id", String(400), nullable=False, unique=True),
    Column("proposal_id", String(200), nullable=False),
    Column("agent", String(100), nullable=False),
    Column("event", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("decided_at", TIME, nullable=False),
    Index("config_decisions_waiting", "state", "agent"),
)

INSTANCES = Table(
    "config_instances",
    METADATA,
    Column("agent", String(100), primary_key=True),
    Column("instance_id", String(200), primary_key=True),
    Column("channel", String(63), nullable=False),
    Column("desired_generation", Integer, nullable=False),
    Column("applied_generation", Integer, nullable=True),
    Column("applied_digest", String(71), nullable=True),
    Column("state", String(20), nullable=False),
    Column("error", Text, nullable=False),
    Column("replay_url", Text, nullable=True),
    Column("reported_at", TIME, nullable=False),
)

SIGNING_KEYS = Table(
    "config_signing_keys",
    METADATA,
    Column("key_id", String(16), primary_key=True),
    Column("public_key", String(64), nullable=False),
    Column("endorsements", JSON, nullable=False),
    Column("created_at", TIME, nullable=False),
)

TRIALS = Table(
    # The sequential test of a canary; it starts anew with every generation.
    "config_trials",
    METADATA,
    Column("agent", String(100), primary_key=True),
    Column("channel", String(63), primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("state", JSON, nullable=False),
)

TRIAL_RUNS = Table(
    # One run counts once for an evaluator, however often its evaluation is delivered or redone.
    "config_trial_runs",
    METADATA,
    Column("agent", String(100), primary_key=True),
    Column("channel", String(63), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("evaluator", String(200), primary_key=True),
    Column("trace_id", String(64), primary_key=True),
)
