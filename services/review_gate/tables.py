"""What the gate remembers."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

METADATA = MetaData()

PROPOSALS = Table(
    "review_proposals",
    METADATA,
    Column(
        "sequence",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("proposal_id", String(40), nullable=False, unique=True),
    Column("agent", String(100), nullable=False),
    Column("mining_run_id", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("view", Text, nullable=False),
    # The decision that is taken and not yet carried out.
    Column("intent", JSON(none_as_null=True), nullable=True),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Index("review_proposals_by_agent", "agent", "state"),
    Index("review_proposals_by_run", "mining_run_id"),
)

EARLY_VERDICTS = Table(
    # The two topics are not ordered: a verdict may come before its proposal.
    "review_early_verdicts",
    METADATA,
    Column("proposal_id", String(40), primary_key=True),
    Column("experiment", Text, nullable=False),
)

IMPORTS = Table(
    "review_imports",
    METADATA,
    Column("agent", String(100), primary_key=True),
    Column("commit", String(40), nullable=False),
    Column("files", JSON, nullable=False),
    Column("imported_at", DateTime(timezone=True), nullable=False),
)

CHANGES = Table(
    "review_changes",
    METADATA,
    Column("change_id", String(40), primary_key=True),
    Column("agent", String(100), nullable=False),
    Column("change", JSON, nullable=False),
    # Where main came to with it; NULL while it is not carried out.
    Column("commit", String(40), nullable=True),
)
