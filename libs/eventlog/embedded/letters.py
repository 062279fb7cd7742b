"""Dead letters of an embedded home; works beside a running `pawl up`."""

import time
from collections.abc import Sequence
from pathlib import Path

from libs.eventlog.embedded.store import Store
from libs.eventlog.port import Message, Record

RECORDS_MAX = 1_000_000


class EmbeddedLetterBox:
    def __init__(self, path: Path) -> None:
        self._store = Store(path)
        self._partitions = self._store.topics()

    def read(self, topic: str) -> Sequence[Record]:
        count = self._partitions.get(topic, 0)
        return [r for p in range(count) for r in self._store.read(topic, p, 0, RECORDS_MAX)]

    def close(self) -> None:
        self._store.close()

    def publish(self, messages: Sequence[Message]) -> None:
        self._store.append(messages, self._partitions, time.time_ns() // 1_000_000)
