"""The event log: one port, two adapters (`embedded.py` on SQLite, `kafka.py` on FastStream)."""

from libs.eventlog.port import (
    CutShort,
    Deliver,
    EventLog,
    EventLogFull,
    Message,
    Record,
    Subscription,
)

__all__ = ["CutShort", "Deliver", "EventLog", "EventLogFull", "Message", "Record", "Subscription"]
