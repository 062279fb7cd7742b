"""A sweep works off what is due; one odd job costs itself only."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from libs.jobs import Done, Job, Later, NewJob, Outcome, Queue, Refused, Sweep, SweepTerms
from libs.runtime import TransientError
from libs.runtime.errors import UnavailableError
from libs.storage import Transaction
from tests.libs.jobs.conftest import Store

HEALTH = "paused:test"
Work = Callable[[Job], Awaitable[Outcome[str]]]


class Kept:
    """What was stored, job by job; `refuses` cannot be."""

    def __init__(self) -> None:
        self.values: list[str] = []
        self.refuses: dict[str, Exception] = {}

    async def __call__(self, tx: Transaction, done: Sequence[tuple[Job, str]]) -> None:
        for job, _ in done:
            if job.job_id in self.refuses:
                raise self.refuses[job.job_id]
        self.values += [value for _, value in done]


async def answer(job: Job) -> Outcome[str]:
    return Done(job.payload)


def sweep_of(store: Store, queue: Queue, work: Work, kept: Kept) -> Sweep[str]:
    terms = SweepTerms(HEALTH, "test job", batch=3, parallel=2)
    return Sweep(store.app, store.database, queue, work, kept, terms)


async def queued(store: Store, count: int) -> Queue:
    queue = Queue(store.database, store.queue, "one", 60.0)
    jobs = [NewJob(f"{n}", f"value {n}") for n in range(count)]
    async with store.database.transaction() as tx:
        await queue.add(tx, jobs, store.app.clock.now())
    return queue


async def states(store: Store) -> dict[str, tuple[str, str]]:
    async with store.database.read() as connection:
        rows = await connection.execute(store.queue.select())
        return {row.job_id: (row.state, row.note) for row in rows}


async def test_everything_that_is_due_is_done_and_leaves_the_queue(store: Store) -> None:
    kept, queue = Kept(), await queued(store, 8)
    await sweep_of(store, queue, answer, kept).run()
    assert kept.values == [f"value {n}" for n in range(8)]
    assert await states(store) == {}


@pytest.mark.parametrize(
    ("outcome", "state", "note"),
    [
        (Later("not yet", 60.0), "waiting", "not yet"),
        (Refused("never"), "refused", "never"),
        (TransientError("busy"), "waiting", "busy"),
        (ConnectionError("away"), "waiting", "away"),
        (ZeroDivisionError("odd"), "refused", "could not be read: ZeroDivisionError('odd')"),
    ],
    ids=["later", "refused", "transient", "outage", "defect"],
)
async def test_a_job_that_is_not_done_waits_or_is_set_aside_alone(
    store: Store, outcome: Any, state: str, note: str
) -> None:
    async def work(job: Job) -> Outcome[str]:
        if job.job_id != "1":
            return await answer(job)
        if isinstance(outcome, Exception):
            raise outcome
        told: Outcome[str] = outcome
        return told

    kept, queue = Kept(), await queued(store, 4)
    await sweep_of(store, queue, work, kept).run()
    assert kept.values == ["value 0", "value 2", "value 3"]
    [(job_id, told)] = (await states(store)).items()
    assert (job_id, told[0]) == ("1", state)
    assert note in told[1]


async def test_what_cannot_be_stored_is_set_aside_and_the_rest_of_its_batch_stored(
    store: Store,
) -> None:
    kept, queue = Kept(), await queued(store, 3)
    kept.refuses["1"] = ValueError("no table takes this")
    await sweep_of(store, queue, answer, kept).run()
    assert kept.values == ["value 0", "value 2"]
    assert (await states(store))["1"][0] == "refused"


async def test_an_outage_while_storing_is_told_and_what_was_taken_is_due_at_the_next_run(
    store: Store,
) -> None:
    kept, queue = Kept(), await queued(store, 3)
    kept.refuses["1"] = UnavailableError("away")
    sweep = sweep_of(store, queue, answer, kept)
    with pytest.raises(UnavailableError):
        await sweep.run()
    assert HEALTH in await store.app.health.problems()
    assert kept.values == []
    kept.refuses.clear()
    await sweep.run()
    assert kept.values == ["value 0", "value 1", "value 2"]
    assert HEALTH not in await store.app.health.problems()
