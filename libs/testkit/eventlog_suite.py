"""What every event log must do; each adapter's test class inherits it."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager

import pytest

from libs.contracts.topics import Topic
from libs.eventlog import CutShort, EventLog, Message, Record

OpenLog = Callable[[], AbstractAsyncContextManager[EventLog]]
WAIT_SECONDS = 30.0


class Collector:
    """A consumer that remembers what it was given, and fails when told to."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.failures_left = 0

    async def __call__(self, records: Sequence[Record]) -> None:
        if self.failures_left > 0:
            self.failures_left -= 1
            raise RuntimeError("told to fail")
        self.records += records

    @property
    def values(self) -> list[bytes]:
        return [record.value for record in self.records]

    async def until(self, count: int) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while len(self.records) < count:
                await asyncio.sleep(0.02)


def messages(topic: Topic, count: int, keys: int = 7, prefix: str = "v") -> list[Message]:
    """`count` messages over `keys` keys, numbered."""
    return [
        Message(topic.name, f"k{n % keys}".encode(), f"{prefix}{n}".encode(), {"n": str(n)})
        for n in range(count)
    ]


async def eventually(check: Callable[[], Awaitable[bool]]) -> None:
    """Wait until the check holds."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not await check():
            await asyncio.sleep(0.05)


class EventLogSuite:
    """Inherit, and provide the fixtures `open_log` and `topic` (fresh, 4 partitions)."""

    async def test_what_was_published_is_delivered_once_with_key_and_headers(
        self, open_log: OpenLog, topic: Topic
    ) -> None:
        async with open_log() as log:
            seen = Collector()
            await log.subscribe(topic.name, "g", seen, batch_max=10)
            await log.publish(messages(topic, 40))
            await seen.until(40)
        assert sorted(seen.values) == sorted(m.value for m in messages(topic, 40))
        assert {(r.key, r.headers["n"]) for r in seen.records} == {
            (m.key, m.headers["n"]) for m in messages(topic, 40)
        }

    async def test_messages_of_one_key_keep_their_order(
        self, open_log: OpenLog, topic: Topic
    ) -> None:
        async with open_log() as log:
            seen = Collector()
            await log.subscribe(topic.name, "g", seen, batch_max=3)
            for start in range(0, 60, 20):
                await log.publish(messages(topic, 60)[start : start + 20])
            await seen.until(60)
        by_key = defaultdict(list)
        for record in seen.records:
            by_key[record.key].append(int(record.headers["n"]))
        assert all(numbers == sorted(numbers) for numbers in by_key.values())
        assert len({(r.key, r.partition) for r in seen.records}) == 7

    async def test_a_new_group_starts_at_the_oldest_record(
        self, open_log: OpenLog, topic: Topic
    ) -> None:
        async with open_log() as log:
            await log.publish(messages(topic, 5))
            seen = Collector()
            await log.subscribe(topic.name, "late", seen)
            await seen.until(5)
        assert sorted(seen.values) == sorted(m.value for m in messages(topic, 5))

    async def test_groups_are_independent(self, open_log: OpenLog, topic: Topic) -> None:
        async with open_log() as log:
            one, two = Collector(), Collector()
            await log.subscribe(topic.name, "one", one)
            await log.subscribe(topic.name, "two", two)
            await log.publish(messages(topic, 9))
            await one.until(9)
            await two.until(9)
        assert sorted(one.values) == sorted(two.values)

    async def test_a_failed_delivery_is_not_committed_and_comes_again_in_order(
        self, open_log: OpenLog, topic: Topic
    ) -> None:
        async with open_log() as log:
            seen = Collector()
            seen.failures_left = 2
            await log.subscribe(topic.name, "g", seen, batch_max=4)
            await log.publish(messages(topic, 12, keys=1))
            await seen.until(12)
        assert seen.values == [m.value for m in messages(topic, 12, keys=1)]

    async def test_what_was_committed_is_not_delivered_again_after_a_restart(
        self, open_log: OpenLog, topic: Topic
    ) -> None:
        async with open_log() as log:
            first = Collector()
            subscription = await log.subscribe(topic.name, "g", first, batch_max=5)
            await log.publish(messages(topic, 10))
            await first.until(10)
            await subscription.stop()
        async with open_log() as log:
            second = Collector()
            await log.subscribe(topic.name, "g", second, batch_max=5)
            await log.publish(messages(topic, 3, prefix="new"))
            await second.until(3)
            await asyncio.sleep(0.2)
        assert sorted(second.values) == [b"new0", b"new1", b"new2"]

    async def test_what_failed_before_a_restart_is_delivered_after_it(
        self, open_log: OpenLog, topic: Topic
    ) -> None:
        async with open_log() as log:
            failing = Collector()
            failing.failures_left = 10_000
            await log.subscribe(topic.name, "g", failing)
            await log.publish(messages(topic, 6))

            async def tried() -> bool:
                return failing.failures_left < 10_000

            await eventually(tried)
        async with open_log() as log:
            seen = Collector()
            await log.subscribe(topic.name, "g", seen)
            await seen.until(6)
        assert sorted(seen.values) == sorted(m.value for m in messages(topic, 6))

    async def test_a_delivery_cut_short_commits_what_was_done_and_only_that(
        self, open_log: OpenLog, topic: Topic
    ) -> None:
        done: list[Record] = []
        cut = asyncio.Event()

        async def three_only(records: Sequence[Record]) -> None:
            """One is left out between those that are done, as if it were hard."""
            if not cut.is_set() and len(records) > 4:
                done.extend([*records[:2], *records[3:5]])
                cut.set()
                raise CutShort("enough", done)
            raise CutShort("nothing more")

        async with open_log() as log:
            await log.publish(messages(topic, 12, keys=1))
            await log.subscribe(topic.name, "g", three_only, batch_max=12)
            await asyncio.wait_for(cut.wait(), WAIT_SECONDS)

            async def committed() -> bool:
                return await log.lag("g", topic.name) == 10

            await eventually(committed)
            await asyncio.sleep(1.2)  # it comes again at least once
            assert await committed()
        async with open_log() as log:
            seen = Collector()
            await log.subscribe(topic.name, "g", seen)
            await seen.until(10)
        assert seen.values == [m.value for m in messages(topic, 12, keys=1)[2:]]

    async def test_two_members_share_the_partitions_and_lose_nothing_when_one_leaves(
        self, open_log: OpenLog, topic: Topic
    ) -> None:
        async with open_log() as log, open_log_again(log, open_log) as other:
            one, two = Collector(), Collector()
            await log.subscribe(topic.name, "g", one, batch_max=5)
            leaving = await other.subscribe(topic.name, "g", two, batch_max=5)

            async def both_work() -> bool:
                await log.publish(messages(topic, 28, keys=28))
                return bool(one.records) and bool(two.records)

            await eventually(both_work)
            await leaving.stop()
            before = len(one.records)
            await log.publish(messages(topic, 28, keys=28, prefix="after"))

            async def all_seen() -> bool:
                after = {v for v in one.values if v.startswith(b"after")}
                return len(after) == 28

            await eventually(all_seen)
        assert len(one.records) >= before + 28

    async def test_stopping_lets_the_delivery_in_flight_finish_and_commits_it(
        self, open_log: OpenLog, topic: Topic
    ) -> None:
        started, seen = asyncio.Event(), Collector()

        async def slow(records: Sequence[Record]) -> None:
            started.set()
            await asyncio.sleep(0.3)
            await seen(records)

        async with open_log() as log:
            subscription = await log.subscribe(topic.name, "g", slow, batch_max=10)
            await log.publish(messages(topic, 1))
            await started.wait()
            await subscription.stop()
            assert len(seen.records) == 1
            assert await log.lag("g", topic.name) == 0

    async def test_lag_counts_what_is_not_yet_committed(
        self, open_log: OpenLog, topic: Topic
    ) -> None:
        async with open_log() as log:
            await log.publish(messages(topic, 8))
            seen = Collector()
            subscription = await log.subscribe(topic.name, "g", seen, batch_max=10)
            await seen.until(8)

            async def caught_up() -> bool:
                return await log.lag("g", topic.name) == 0

            await eventually(caught_up)
            await subscription.stop()
            await log.publish(messages(topic, 5))
            assert await log.lag("g", topic.name) == 5

    async def test_an_undeclared_topic_is_refused(self, open_log: OpenLog) -> None:
        async with open_log() as log:
            with pytest.raises(ValueError, match="not declared"):
                await log.publish([Message("no-such-topic", b"k", b"v")])

    async def test_creating_topics_twice_keeps_what_they_hold(
        self, open_log: OpenLog, topic: Topic
    ) -> None:
        async with open_log() as log:
            await log.publish(messages(topic, 4))
            await log.create_topics([topic])
            seen = Collector()
            await log.subscribe(topic.name, "g", seen)
            await seen.until(4)
        assert len(seen.records) == 4


def open_log_again(log: EventLog, open_log: OpenLog) -> AbstractAsyncContextManager[EventLog]:
    """A second client where the log allows one (Kafka), else the same (embedded)."""
    return open_log() if getattr(log, "many_clients", False) else _same(log)


class _same(AbstractAsyncContextManager[EventLog]):  # noqa: N801
    def __init__(self, log: EventLog) -> None:
        self._log = log

    async def __aenter__(self) -> EventLog:
        return self._log

    async def __aexit__(self, *_: object) -> None:
        return None
