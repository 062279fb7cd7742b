"""The file: records and committed offsets. Blocking; called from the log's own threads."""

import json
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

from libs.eventlog.port import Message, Record

SCHEMA = """
CREATE TABLE IF NOT EXISTS topics (name TEXT PRIMARY KEY, partitions INTEGER NOT NULL,
    retention_ms INTEGER, compacted INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS records (topic TEXT NOT NULL, partition INTEGER NOT NULL,
    offset INTEGER NOT NULL, timestamp_ms INTEGER NOT NULL, key BLOB NOT NULL,
    headers TEXT NOT NULL, value BLOB NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS records_place ON records (topic, partition, offset);
CREATE TABLE IF NOT EXISTS ends (topic TEXT NOT NULL, partition INTEGER NOT NULL,
    next_offset INTEGER NOT NULL, PRIMARY KEY (topic, partition)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS commits (consumers TEXT NOT NULL, topic TEXT NOT NULL,
    partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
    PRIMARY KEY (consumers, topic, partition)) WITHOUT ROWID;
"""
# Most records are traces of ten to fifty kilobytes: on small pages each is a chain of them.
PRAGMAS = (
    "page_size=16384",
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=10000",
    "wal_autocheckpoint=2000",
)
INSERT = """
    INSERT INTO records (topic, partition, offset, timestamp_ms, key, headers, value)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
PRUNE_ROWS = 500
"""Deleted at once: whoever publishes meanwhile waits for it."""


class Store:
    """One connection. Two instances on one file may be used from two threads (WAL)."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        for pragma in PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or none, on disk at its end; what fails leaves the connection as it was."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # a full disk has ended it already
                self._connection.execute("ROLLBACK")
            raise

    def topics(self) -> dict[str, int]:
        """Partition count by topic name."""
        return dict(self._connection.execute("SELECT name, partitions FROM topics"))

    def create_topic(
        self, name: str, partitions: int, retention_ms: int | None, compacted: bool
    ) -> None:
        self._connection.execute(
            "INSERT INTO topics VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE"
            " SET retention_ms = excluded.retention_ms, compacted = excluded.compacted",
            (name, partitions, retention_ms, compacted),
        )

    def append(self, messages: Sequence[Message], partitions: dict[str, int], now_ms: int) -> None:
        """All or none; on disk (synced) when this returns."""
        with self._transaction():
            self._append(messages, partitions, now_ms)

    def _append(self, messages: Sequence[Message], partitions: dict[str, int], now_ms: int) -> None:
        ends: dict[tuple[str, int], int] = {}
        rows = []
        for message in messages:
            partition = zlib.crc32(message.key) % partitions[message.topic]
            place = (message.topic, partition)
            if place not in ends:
                ends[place] = self.end(*place)
            offset = ends[place]
            ends[place] = offset + 1
            headers = json.dumps(dict(message.headers))
            rows.append((*place, offset, now_ms, message.key, headers, message.value))
        self._connection.executemany(INSERT, rows)
        self._connection.executemany(
            "INSERT OR REPLACE INTO ends VALUES (?, ?, ?)",
            [(topic, partition, end) for (topic, partition), end in ends.items()],
        )

    def end(self, topic: str, partition: int) -> int:
        """The offset that the next record will get."""
        row = self._connection.execute(
            "SELECT next_offset FROM ends WHERE topic = ? AND partition = ?", (topic, partition)
        ).fetchone()
        return int(row[0]) if row else 0

    def last_ms(self) -> int:
        """When the newest record was written; 0 for none."""
        row = self._connection.execute(
            "SELECT max(timestamp_ms) FROM ends JOIN records USING (topic, partition)"
            " WHERE offset = next_offset - 1"
        ).fetchone()
        return int(row[0] or 0)

    def read(self, topic: str, partition: int, offset: int, count_max: int) -> list[Record]:
        """Records from `offset` on, in order."""
        rows = self._connection.execute(
            "SELECT offset, key, value, headers, timestamp_ms FROM records"
            " WHERE topic = ? AND partition = ? AND offset >= ? ORDER BY offset LIMIT ?",
            (topic, partition, offset, count_max),
        )
        return [
            Record(topic, key, value, json.loads(headers), partition, at, timestamp_ms)
            for at, key, value, headers, timestamp_ms in rows
        ]

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """Next offset to deliver, by partition; absent means from the beginning."""
        return dict(
            self._connection.execute(
                "SELECT partition, next_offset FROM commits WHERE consumers = ? AND topic = ?",
                (group, topic),
            )
        )

    def commit(self, group: str, topic: str, offsets: dict[int, int]) -> None:
        with self._transaction():
            self._connection.executemany(
                "INSERT OR REPLACE INTO commits VALUES (?, ?, ?, ?)",
                [(group, topic, partition, offset) for partition, offset in offsets.items()],
            )

    def lag(self, group: str, topic: str) -> int:
        done = self.committed(group, topic)
        ends = self._connection.execute(
            "SELECT partition, next_offset FROM ends WHERE topic = ?", (topic,)
        )
        return sum(end - done.get(partition, 0) for partition, end in ends)

    def prune(self, now_ms: int) -> int:
        """Delete some of what is past its retention or superseded; 0 when nothing is left."""
        deleted = self._prune_superseded()
        topics = self._connection.execute(
            "SELECT name, partitions, retention_ms FROM topics WHERE retention_ms IS NOT NULL"
        ).fetchall()
        for topic, partitions, retention_ms in topics:
            for partition in range(partitions):
                deleted += self._prune_expired(topic, partition, now_ms - retention_ms)
                if deleted >= PRUNE_ROWS:
                    return deleted
        return deleted

    def _prune_expired(self, topic: str, partition: int, before_ms: int) -> int:
        """The oldest records of a partition; nothing is read beyond the first that stays."""
        oldest = self._connection.execute(
            "SELECT offset, timestamp_ms FROM records WHERE topic = ? AND partition = ?"
            " ORDER BY offset LIMIT ?",
            (topic, partition, PRUNE_ROWS),
        )
        gone = [offset for offset, _ in takewhile(lambda row: row[1] < before_ms, oldest)]
        oldest.close()
        if gone:
            self._connection.execute(
                "DELETE FROM records WHERE topic = ? AND partition = ? AND offset <= ?",
                (topic, partition, gone[-1]),
            )
        return len(gone)

    def _prune_superseded(self) -> int:
        """Compacted topics keep the last record of each key."""
        return self._connection.execute(
            "DELETE FROM records WHERE topic IN (SELECT name FROM topics WHERE compacted)"
            " AND EXISTS (SELECT 1 FROM records AS newer WHERE newer.topic = records.topic AND"
            " newer.partition = records.partition AND newer.key = records.key AND"
            " newer.offset > records.offset)"
        ).rowcount
