"""What datasets remembers. Names carry the service's, since a cluster shares one database."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from libs.contracts.groups import GROUP_CHARS_MAX
from libs.jobs import queue_table
from libs.storage.columns import UtcTime

METADATA = MetaData()
DIGEST_LENGTH = 80

HEADS = Table(
    # The row whose lock gives out positions, one agent's after another.
    "datasets_heads",
    METADATA,
    Column("agent", String(100), primary_key=True),
    Column("position", BigInteger, nullable=False),
)

REVIEWS = Table(
    # Only ever added to: a later review of the same example is a row of its own.
    "datasets_reviews",
    METADATA,
    Column("agent", String(100), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("review_id", String(200), nullable=False),
    Column("example_key", String(200), nullable=False),
    Column("project", String(200), nullable=False),
    Column("group_key", String(GROUP_CHARS_MAX), nullable=False),
    Column("trace_id", String(32), nullable=False),
    Column("input", JSON, nullable=False),
    Column("expected", JSON, nullable=False),
    Column("answered", JSON, nullable=True),
    Column("base", JSON, nullable=True),
    Column("correct", Boolean, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("precedent", String(200), nullable=True),
    Column("config_digest", String(DIGEST_LENGTH), nullable=True),
    Column("recorded_at", UtcTime, nullable=False),
    UniqueConstraint("review_id", name="datasets_reviews_once"),
    Index("datasets_reviews_by_example", "agent", "example_key", "position"),
)

PENDING = queue_table("datasets_pending", METADATA)
