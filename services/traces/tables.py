"""The working table of open and lately completed traces."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text

METADATA = MetaData()

TRACE_STATE = Table(
    "trace_state",
    METADATA,
    Column("key", String(32), primary_key=True),
    Column("project", Text, nullable=False),
    Column("trace_id", String(32), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("first_ms", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Column("root_seen", Boolean, nullable=False),
    Column("touches", BigInteger, nullable=False),
    Column("due_ms", BigInteger, nullable=True),
    Column("revision", Integer, nullable=False),
    Column("fingerprint", String(40), nullable=False),
    Index("trace_state_due", "due_ms"),
    Index("trace_state_last", "last_ms"),
)
