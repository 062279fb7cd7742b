"""Replicas that watch one canary at the same time lose none of its evidence."""

import asyncio
from typing import Any

from libs.contracts.api import ChannelPointer
from libs.runtime import App
from libs.runtime.hints import open_hints
from libs.storage import Database, Transaction
from services.runtime_config.adapters.channels import Channels
from services.runtime_config.adapters.channels_sql import read_pointer
from services.runtime_config.adapters.hub import Hub
from services.runtime_config.adapters.trials import Trials
from services.runtime_config.domain.canary import CanaryTrial
from services.runtime_config.metrics import RegistryMetrics
from tests.services.runtime_config.test_canary import CHANNEL, RULES, evaluation, with_canary

BLOCKED_SECONDS = 0.5
"""Long enough for a transaction that nobody holds up."""


class HeldUp(Trials):
    """Has read a trial, and goes on with it when it may."""

    is_read: asyncio.Event
    may_write: asyncio.Event

    async def _trial(self, tx: Transaction, held: ChannelPointer) -> CanaryTrial:
        trial = await super()._trial(tx, held)
        self.is_read.set()
        await self.may_write.wait()
        return trial


def replica(registry: Any, kind: type[Trials] = Trials) -> Any:
    """The watch of one more process on the registry's database."""
    app = App("runtime_config", registry.deps)
    database = Database.for_service(app, "services.runtime_config.migrations")

    async def read(agent: str, channel: str) -> ChannelPointer | None:
        async with database.read() as connection:
            return await read_pointer(connection, agent, channel)

    channels = Channels(database, Hub(read), open_hints(""), app.clock)
    metrics = RegistryMetrics(app.metrics.registry)
    made = kind(app, database, channels, RULES, metrics)
    if isinstance(made, HeldUp):
        made.is_read, made.may_write = asyncio.Event(), asyncio.Event()
    return made


async def meanwhile(held_up: HeldUp, late: Any, early: Any) -> None:
    """`late` runs while the transaction of `early` is held up, as far as it gets."""
    one = asyncio.create_task(early)
    await held_up.is_read.wait()
    other = asyncio.create_task(late)
    await asyncio.wait({other}, timeout=BLOCKED_SECONDS)
    held_up.may_write.set()
    await asyncio.gather(one, other)


async def test_two_replicas_count_two_evaluations_of_the_same_moment(
    start_registry: Any, either_database: str
) -> None:
    registry, pointer = await with_canary(start_registry)
    one, other = replica(registry, HeldUp), replica(registry)
    await meanwhile(
        one,
        other.observe(evaluation(2, pointer["digest"], True)),
        one.observe(evaluation(1, pointer["canary"]["digest"], False)),
    )
    view = await registry.get(f"{CHANNEL}/canary")
    assert (view["runs_canary"], view["runs_control"]) == (1, 1)


async def test_the_last_evaluation_of_a_canary_does_not_undo_the_first_of_the_next(
    start_registry: Any, either_database: str
) -> None:
    registry, pointer = await with_canary(start_registry)
    old, new = replica(registry, HeldUp), replica(registry)
    bad = pointer["canary"]["digest"]

    async def next_canary() -> None:
        canary = {"digest": bad, "weight": 0.3}
        body = {"digest": pointer["digest"], "canary": canary, "moved_by": "ada", "reason": "more"}
        moved = await registry.http.put(CHANNEL, json=body, headers={"If-Match": "2"})
        assert moved.json()["generation"] == 3
        await new.observe(evaluation(2, bad, True))

    await meanwhile(old, next_canary(), old.observe(evaluation(1, bad, False)))
    view = await registry.get(f"{CHANNEL}/canary")
    assert (view["runs_canary"], view["canary"]["weight"]) == (1, 0.3)
