"""Declared topics against the broker's: what is missing, what differs. Never deletes."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from libs.contracts.topics import Topic

HOUR_MS = 3_600_000
MESSAGE_BYTES_MAX = 20 * 1024 * 1024
DEAD_LETTER_BYTES_MAX = MESSAGE_BYTES_MAX + 1024 * 1024
"""A dead letter is its message and why: the largest message must still fit."""
ADMIN_ERRORS = (KafkaError, OSError)
DEAD_LETTER_PARTITIONS = 1
BROKER_DEFAULT = -1
CONNECT_MS_MAX = 8_000
SHOWN_SECONDS_MAX = 20.0
_ACTIONS = {
    "cleanup.policy": "refuse",
    "retention.ms": "differs",
    "message.timestamp.type": "differs",
    "max.message.bytes": "refuse",
}


@dataclass(frozen=True)
class Wanted:
    """One topic as the broker should have it."""

    name: str
    partitions: int
    config: dict[str, str]

    @property
    def bytes_max(self) -> int:
        """Of one message."""
        return int(self.config["max.message.bytes"])


@dataclass(frozen=True)
class Difference:
    """What `apply` would do, or refuses to do."""

    topic: str
    action: str
    """create | refuse, or differs: an operator's choice, which is left as it is"""
    detail: str


def wanted(topics: Sequence[Topic]) -> list[Wanted]:
    """Every declared topic and its dead letters."""
    found = []
    for topic in topics:
        retention = -1 if topic.retention_hours is None else topic.retention_hours * HOUR_MS
        config = {
            "cleanup.policy": "compact" if topic.compacted else "delete",
            "retention.ms": str(retention),
            "max.message.bytes": str(MESSAGE_BYTES_MAX),
            # The broker's clock, not that of whichever producer: it decides which copy counts.
            "message.timestamp.type": "LogAppendTime",
        }
        found.append(Wanted(topic.name, topic.partitions, config))
        letters = {"cleanup.policy": "delete", "retention.ms": "-1"}
        letters["max.message.bytes"] = str(DEAD_LETTER_BYTES_MAX)
        found.append(Wanted(topic.dead_letter_name, DEAD_LETTER_PARTITIONS, letters))
    return found


class TopicAdmin:
    """Blocking; call through `asyncio.to_thread`, or `create_missing`."""

    def __init__(self, bootstrap: str) -> None:
        self._admin = KafkaAdminClient(
            bootstrap_servers=bootstrap,
            client_id="pawl-topics",
            bootstrap_timeout_ms=CONNECT_MS_MAX,
        )

    def close(self) -> None:
        self._admin.close()

    def partitions(self) -> dict[str, int]:
        """Partition count of every topic that the broker has."""
        described: list[dict[str, Any]] = self._admin.describe_topics()
        return {one["name"]: len(one["partitions"]) for one in described}

    def plan(self, topics: Sequence[Topic]) -> list[Difference]:
        """What is missing, what can grow, and what would be unsafe to change."""
        have = self.partitions()
        differences = []
        for one in wanted(topics):
            if one.name not in have:
                detail = f"{one.partitions} partitions, {one.config}"
                differences.append(Difference(one.name, "create", detail))
                continue
            differences += _partition_difference(one, have[one.name])
            differences += self._config_differences(one)
        return differences

    def _config_differences(self, one: Wanted) -> list[Difference]:
        have = self._config(one.name)
        return [
            Difference(one.name, _ACTIONS[key], f"{key} is {have.get(key)}, declared {value}")
            for key, value in one.config.items()
            if have.get(key) != value
        ]

    def _config(self, name: str) -> dict[str, str]:
        described = self._admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
        entries: dict[str, Any] = next(iter(next(iter(described.values())).values()))
        return {key: value["value"] for key, value in entries.items()}

    def create(self, topics: Sequence[Topic]) -> None:
        """Create what is missing, and wait until the broker shows it.

        A topic that somebody else creates meanwhile is fine.
        """
        have = self.partitions()
        missing = [one for one in wanted(topics) if one.name not in have]
        for one in missing:
            fresh = NewTopic(one.name, one.partitions, BROKER_DEFAULT, topic_configs=one.config)
            with suppress(TopicAlreadyExistsError):
                self._admin.create_topics([fresh])
        if missing:
            self._until_shown({one.name for one in missing})

    def _until_shown(self, names: set[str]) -> None:
        """A broker learns of a topic a moment after the controller has made it."""
        deadline = time.monotonic() + SHOWN_SECONDS_MAX
        while missing := names - self.partitions().keys():
            if time.monotonic() > deadline:
                raise TimeoutError(f"created, but the broker does not show {sorted(missing)}")
            time.sleep(0.05)


def _partition_difference(one: Wanted, have: int) -> list[Difference]:
    if have == one.partitions:
        return []
    detail = f"{have} partitions, declared {one.partitions}"
    # More partitions move keys to other partitions, and so break their order.
    return [Difference(one.name, "refuse", detail)]


async def create_missing(bootstrap: str, topics: Sequence[Topic]) -> None:
    """Create the topics that the broker does not have yet."""

    def create() -> None:
        admin = TopicAdmin(bootstrap)
        try:
            admin.create(topics)
        finally:
            admin.close()

    await asyncio.to_thread(create)
