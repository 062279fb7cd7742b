"""Hints reach other replicas at once, and nothing depends on them."""

import asyncio
import signal
import time

from deploy.local import LocalRedis
from libs.runtime.hints import LocalHints, RedisHints, open_hints
from libs.testkit.eventlog_suite import eventually

SUBJECT = "config-channel-moved"


class Ear:
    """Remembers what it heard."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def __call__(self, text: str) -> None:
        self.heard.append(text)

    async def hears(self, teller: RedisHints, text: str) -> None:
        """Tell until it is heard: a hint may be lost while a listener comes back."""

        async def told() -> bool:
            await teller.tell(SUBJECT, text)
            await asyncio.sleep(0.05)
            return text in self.heard

        await eventually(told)


async def test_without_redis_hints_stay_in_the_process() -> None:
    hints, ear = open_hints(""), Ear()
    assert type(hints) is LocalHints
    hints.listen(SUBJECT, ear)
    await hints.tell(SUBJECT, "a/production")
    await hints.tell("something else", "x")
    assert ear.heard == ["a/production"]


async def test_a_hint_reaches_every_replica(redis_server: LocalRedis) -> None:
    one, two, teller = (RedisHints(redis_server.url) for _ in range(3))
    ears = Ear(), Ear()
    for hints, ear in zip((one, two), ears, strict=True):
        hints.listen(SUBJECT, ear)
        await hints.start()
    for ear in ears:
        await ear.hears(teller, "a/production")
    for hints in (one, two, teller):
        await hints.stop()


async def test_redis_may_hang_or_vanish_and_comes_back_by_itself(redis_server: LocalRedis) -> None:
    listener, teller, ear = RedisHints(redis_server.url), RedisHints(redis_server.url), Ear()
    listener.listen(SUBJECT, ear)
    await listener.start()
    await ear.hears(teller, "before")
    redis_server.send(signal.SIGSTOP)
    began = time.monotonic()
    await teller.tell(SUBJECT, "into the void")
    assert time.monotonic() - began < 1.0
    redis_server.send(signal.SIGCONT)
    redis_server.stop()
    began = time.monotonic()
    await teller.tell(SUBJECT, "into the void")
    assert time.monotonic() - began < 1.0
    redis_server.start()
    await ear.hears(teller, "after")
    await listener.stop()
    await teller.stop()


async def test_a_listener_that_fails_does_not_end_the_listening(redis_server: LocalRedis) -> None:
    listener, teller, ear = RedisHints(redis_server.url), RedisHints(redis_server.url), Ear()

    async def fails(text: str) -> None:
        raise RuntimeError(text)

    listener.listen(SUBJECT, fails)
    listener.listen(SUBJECT, ear)
    await listener.start()
    await ear.hears(teller, "one")
    await ear.hears(teller, "two")
    await listener.stop()
    await teller.stop()


async def test_without_redis_at_the_start_it_waits_for_it(redis_server: LocalRedis) -> None:
    redis_server.stop()
    listener, teller, ear = RedisHints(redis_server.url), RedisHints(redis_server.url), Ear()
    listener.listen(SUBJECT, ear)
    await listener.start()
    redis_server.start()
    await ear.hears(teller, "late")
    await listener.stop()
    await teller.stop()
