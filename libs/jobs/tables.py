"""Tables of leases and queues. A service names its own, and its migrations create them."""

from sqlalchemy import Column, Index, Integer, MetaData, String, Table, Text

from libs.storage.columns import COUNTING, UtcTime


def leases_table(name: str, metadata: MetaData) -> Table:
    """One holder of each name, until its time is over."""
    return Table(
        name,
        metadata,
        Column("name", String(200), primary_key=True),
        Column("holder", String(200), nullable=False),
        Column("until", UtcTime, nullable=False),
    )


def queue_table(name: str, metadata: MetaData) -> Table:
    """Jobs in the order in which they came.

    `lane` is what they are woken and counted by (an agent), `scope` who may see that they wait (a
    project). `due_at` is when a job may be taken next; taking it sets that to when it is given up.
    """
    return Table(
        name,
        metadata,
        Column("sequence", COUNTING, primary_key=True, autoincrement=True),
        Column("job_id", String(200), nullable=False, unique=True),
        Column("lane", String(200), nullable=True),
        Column("scope", String(200), nullable=False),
        Column("payload", Text, nullable=False),
        Column("state", String(10), nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("note", Text, nullable=False),
        Column("holder", String(200), nullable=False),
        Column("due_at", UtcTime, nullable=False),
        Index(f"{name}_by_time", "state", "due_at"),
        Index(f"{name}_by_lane", "lane", "state"),
    )
