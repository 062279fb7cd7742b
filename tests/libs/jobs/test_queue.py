"""A job is with one worker at a time, waits when it has to, and is lost by nobody."""

import asyncio
from datetime import UTC, datetime, timedelta

from libs.jobs import Job, NewJob, Queue, pause_seconds
from tests.libs.jobs.conftest import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LEASE = 60.0


def queue_of(store: Store, holder: str = "one") -> Queue:
    return Queue(store.another(), store.queue, holder, LEASE)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def add(store: Store, *ids: str, lane: str | None = "a", scope: str = "p") -> None:
    jobs = [NewJob(one, f"payload {one}", scope, lane) for one in ids]
    async with store.database.transaction() as tx:
        await queue_of(store).add(tx, jobs, NOW)


def ids(jobs: list[Job]) -> list[str]:
    return [job.job_id for job in jobs]


async def test_jobs_come_in_their_order_each_to_one_worker(store: Store) -> None:
    await add(store, *"cab")
    one, two = queue_of(store, "one"), queue_of(store, "two")
    assert ids(await one.take(NOW, 2)) == ["c", "a"]
    assert ids(await two.take(NOW, 2)) == ["b"]
    assert await one.take(NOW, 2) == []


async def test_workers_that_take_at_once_share_them(store: Store) -> None:
    await add(store, *(f"{n:03}" for n in range(60)))
    taken = await asyncio.gather(*(queue_of(store, f"w{n}").take(NOW, 25) for n in range(4)))
    found = [job for jobs in taken for job in ids(jobs)]
    assert len(found) == len(set(found))
    rest = await queue_of(store, "last").take(NOW, 100)
    assert sorted(found + ids(rest)) == [f"{n:03}" for n in range(60)]


async def test_a_job_that_is_there_already_is_not_added_again(store: Store) -> None:
    await add(store, "x")
    [job] = await queue_of(store).take(NOW, 10)
    await add(store, "x", "y")
    assert ids(await queue_of(store).take(NOW, 10)) == ["y"]
    async with store.database.transaction() as tx:
        await queue_of(store).finish(tx, [job.job_id])
    await add(store, "x")
    assert ids(await queue_of(store).take(NOW, 10)) == ["x"], "a new job under an old name"


async def test_what_a_dead_worker_had_is_due_again(store: Store) -> None:
    await add(store, "x")
    assert await queue_of(store, "one").take(NOW, 10)
    assert await queue_of(store, "two").take(later(LEASE - 1), 10) == []
    await queue_of(store, "two").reclaim(later(1))
    assert await queue_of(store, "two").take(later(1), 10) == [], "another's stays another's"
    await queue_of(store, "one").reclaim(later(1))
    assert ids(await queue_of(store, "one").take(later(1), 10)) == ["x"], "started again"
    assert ids(await queue_of(store, "two").take(later(2 * LEASE), 10)) == ["x"]


async def test_a_job_that_is_put_off_is_due_then_and_counts_its_tries(store: Store) -> None:
    await add(store, "x", lane=None)
    queue = queue_of(store)
    [job] = await queue.take(NOW, 10)
    async with store.database.transaction() as tx:
        await queue.postpone(tx, job, "not yet\0", later(5), "b")
    assert await queue.take(later(4), 10) == []
    [again] = await queue.take(later(5), 10)
    assert (again.attempts, again.lane, again.payload) == (1, "b", "payload x")
    assert await queue.reasons("b") == ("not yet?",)


async def test_a_job_that_is_woken_while_it_is_worked_on_is_tried_again_at_once(
    store: Store,
) -> None:
    """What it waited for came after it had looked."""
    await add(store, "x")
    await add(store, "other", lane="b")
    queue = queue_of(store)
    job, other = await queue.take(NOW, 10)
    async with store.database.transaction() as tx:
        await queue.wake(tx, "a", later(1))
        await queue.postpone(tx, job, "had looked before", later(3600))
        await queue.postpone(tx, other, "not woken", later(3600))
    assert ids(await queue.take(later(1), 10)) == ["x"]


async def test_a_refused_job_stays_with_its_reason_and_is_never_due(store: Store) -> None:
    await add(store, "x", "y")
    queue = queue_of(store)
    async with store.database.transaction() as tx:
        await queue.refuse(tx, "x", "odd")
        await queue.wake(tx, "a", later(1))
    assert ids(await queue.take(later(1), 10)) == ["y"]
    assert await queue.count("a") == 1


async def test_what_waits_is_counted_by_lane_and_scope(store: Store) -> None:
    await add(store, "x")
    await add(store, "y", lane="b")
    await add(store, "z", lane=None, scope="q")
    queue = queue_of(store)
    assert [await queue.count(lane) for lane in (None, "a", "b")] == [3, 2, 2]
    assert await queue.count("a", frozenset({"p"})) == 1
    assert await queue.count(None, frozenset()) == 0


async def test_nothing_is_kept_of_a_transaction_that_fails(store: Store) -> None:
    queue = queue_of(store)
    try:
        async with store.database.transaction() as tx:
            await queue.add(tx, [NewJob("x", "")], NOW)
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    assert await queue.take(NOW, 10) == []


def test_pauses_grow_to_their_limit() -> None:
    pauses = [pause_seconds(n, 300.0) for n in range(60)]
    assert pauses[0] == 0.25
    assert pauses == sorted(pauses)
    assert pauses[-1] == 300.0
    assert pause_seconds(10**9, 1e9) < 1e9
