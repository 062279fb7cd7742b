"""The event log of one process: a SQLite file with partitions, offsets and consumer groups."""

from libs.eventlog.embedded.log import EmbeddedLog

__all__ = ["EmbeddedLog"]
