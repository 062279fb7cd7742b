"""What the console itself remembers: curves."""

from sqlalchemy import Column, DateTime, Float, Integer, MetaData, String, Table, Text

METADATA = MetaData()

AGREEMENT = Table(
    "console_config_agreement",
    METADATA,
    Column("agent", String(100), primary_key=True),
    Column("digest", String(80), primary_key=True),
    Column("n", Integer, nullable=False),
    Column("correct", Integer, nullable=False),
    Column("ci_low", Float, nullable=False),
    Column("ci_high", Float, nullable=False),
    Column("counted_at", DateTime(timezone=True), nullable=False),
)

LOOP_REPORTS = Table(
    "console_loop_reports",
    METADATA,
    Column("run", String(200), primary_key=True),
    Column("agent", String(100), nullable=False),
    Column("report", Text, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)
