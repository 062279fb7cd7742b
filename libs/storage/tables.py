"""Tables that every service's database has: what it consumed and what it still has to publish."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

METADATA = MetaData()

INBOX = Table(
    "inbox",
    METADATA,
    Column("service", String(40), primary_key=True),
    Column("event_id", String(400), primary_key=True),
    Column("handled_at", DateTime(timezone=True), nullable=False),
)

OUTBOX = Table(
    "outbox",
    METADATA,
    # SQLite only numbers an INTEGER primary key by itself.
    Column(
        "sequence",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("service", String(40), nullable=False),
    Column("topic", String(200), nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("headers", Text, nullable=False),
)
