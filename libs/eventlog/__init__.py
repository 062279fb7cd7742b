"""The event log: one port, two adapters (`embedded.py` on SQLite, `kafka.py` on FastStream)."""

from libs.eventlog.port import Deliver, EventLog, EventLogFull, Message, Record, Subscription

__all__ = ["Deliver", "EventLog", "EventLogFull", "Message", "Record", "Subscription"]
