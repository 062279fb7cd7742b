"""What the miner remembers: its runs, and what became of each proposal."""

from sqlalchemy import JSON, Column, MetaData, String, Table, Text

METADATA = MetaData()

RUNS = Table(
    "miner_runs",
    METADATA,
    Column("mining_run_id", String(200), primary_key=True),
    Column("agent", String(200), nullable=False, index=True),
    Column("state", String(20), nullable=False),
    Column("author", String(20), nullable=False),
    Column("base_digest", String(80), nullable=True),
    Column("proposal_ids", JSON, nullable=False),
    Column("note", Text, nullable=False),
    Column("started_at", String(40), nullable=False),
    Column("finished_at", String(40), nullable=True),
)

PROPOSALS = Table(
    "miner_proposals",
    METADATA,
    Column("mining_run_id", String(200), primary_key=True),
    Column("proposal_id", String(64), primary_key=True),
    Column("agent", String(200), nullable=False, index=True),
    Column("edits", JSON, nullable=False),
    Column("verdict", String(20), nullable=True),
    Column("decision", String(20), nullable=True),
    Column("reason", Text, nullable=False),
)

HEARD = Table(
    "miner_heard",
    METADATA,
    Column("agent", String(200), primary_key=True),
    Column("heard_at", String(40), nullable=False),
    Column("mined_at", String(40), nullable=True),
)
"""When clusters of an agent last changed, and when they were last mined: for automatic runs."""
