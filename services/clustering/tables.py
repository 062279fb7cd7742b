"""What clustering remembers."""

from sqlalchemy import (
    JSON,
    Column,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

METADATA = MetaData()

AGENTS = Table(
    "clustering_agents",
    METADATA,
    Column("agent", String(200), primary_key=True),
    Column("changes", Integer, nullable=False),
    Column("clustered", Integer, nullable=False),
)
"""`changes` counts what was heard of an agent, `clustered` how much of it the clusters know."""

FAILURES = Table(
    "clustering_failures",
    METADATA,
    Column("evaluation_id", String(64), primary_key=True),
    Column("agent", String(200), nullable=False, index=True),
    Column("trace_id", String(32), nullable=False),
    Column("evaluator", String(200), nullable=False),
    Column("explanation", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("failed_at", String(40), nullable=False),
)
"""Failed evaluations, with the facts of their runs."""

CLUSTERS = Table(
    "clustering_clusters",
    METADATA,
    Column("agent", String(200), nullable=False),
    Column("cluster_id", String(64), nullable=False),
    Column("view", JSON, nullable=False),
    Column("keys", JSON, nullable=False),
    PrimaryKeyConstraint("agent", "cluster_id"),
)
"""`keys` names the members as examples, which stay when their traces are superseded."""
