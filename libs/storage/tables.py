"""Tables of every service's database: what was consumed, what is to publish, what caused what."""

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

CAUSES = Table(
    "causes",
    METADATA,
    Column("service", String(40), primary_key=True),
    Column("subject", String(400), primary_key=True),
    Column("traceparent", String(100), nullable=False),
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
