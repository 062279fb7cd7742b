"""A lease has one holder at a time, and ends by itself."""

import asyncio
from datetime import UTC, datetime, timedelta

from libs.jobs import Held, Leases
from tests.libs.jobs.conftest import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS = 30.0


def of(store: Store, holder: str, seconds: float = SECONDS) -> Leases:
    return Leases(store.another(), store.leases, holder, seconds)


async def test_only_one_holds_a_name(store: Store) -> None:
    one, two = of(store, "one"), of(store, "two")
    assert await one.take("a", NOW)
    assert not await two.take("a", NOW)
    assert await two.take("b", NOW), "names are independent"
    assert await one.take("a", NOW + timedelta(seconds=20)), "renewed"
    assert not await two.take("a", NOW + timedelta(seconds=45)), "from the renewal on"


async def test_of_many_that_ask_at_once_one_gets_it(store: Store) -> None:
    asking = [of(store, f"holder {n}").take("a", NOW) for n in range(8)]
    assert sum(await asyncio.gather(*asking)) == 1
    later = NOW + timedelta(seconds=SECONDS)
    asking = [of(store, f"later {n}").take("a", later) for n in range(8)]
    assert sum(await asyncio.gather(*asking)) == 1


async def test_it_ends_by_itself_or_when_it_is_given_back(store: Store) -> None:
    one, two = of(store, "one"), of(store, "two")
    assert await one.take("a", NOW)
    assert await two.take("a", NOW + timedelta(seconds=SECONDS))
    await one.release("a")
    assert not await one.take("a", NOW + timedelta(seconds=SECONDS)), "another's stays another's"
    await two.release("a")
    assert await one.take("a", NOW + timedelta(seconds=SECONDS))


async def test_a_process_that_is_started_again_goes_on_at_once(store: Store) -> None:
    assert await of(store, "one").take("a", NOW)
    assert await of(store, "one").take("a", NOW)


async def test_work_runs_once_however_many_ask_for_it(store: Store) -> None:
    begun: list[int] = []
    go = asyncio.Event()

    async def work() -> None:
        begun.append(1)
        await go.wait()

    held = [Held(store.app, of(store, f"h{n}")) for n in range(4)]
    asked = [asyncio.create_task(one.run("a", work)) for one in held]
    done, working = await asyncio.wait(asked, timeout=5)
    assert [one.result() for one in done] == [False] * 3
    go.set()
    assert [await one for one in working] == [True]
    assert len(begun) == 1
    assert await held[1].run("a", work), "it was given back"


async def test_work_that_outlives_one_lease_is_not_begun_elsewhere(store: Store) -> None:
    one, two = Held(store.app, of(store, "one", 1.2)), of(store, "two", 1.2)
    done = asyncio.Event()
    working = asyncio.create_task(one.run("a", done.wait))
    for _ in range(10):
        await asyncio.sleep(0.2)
        assert not await two.take("a", store.app.clock.now())
    done.set()
    assert await working


async def test_work_whose_lease_is_lost_ends(store: Store) -> None:
    """Another has it: the clock of this process had stood still, perhaps."""
    one, two = Held(store.app, of(store, "one", 1.0)), of(store, "two", 1.0)
    working = asyncio.create_task(one.run("a", asyncio.Event().wait))
    await asyncio.sleep(0.1)
    assert await two.take("a", store.app.clock.now() + timedelta(seconds=60))
    assert await asyncio.wait_for(working, 10) is False
    assert not await of(store, "three", 1.0).take("a", store.app.clock.now()), "two has it still"


async def test_what_goes_wrong_in_the_work_is_told_and_the_lease_given_back(store: Store) -> None:
    async def fails() -> None:
        raise ZeroDivisionError("odd")

    told = await asyncio.gather(
        Held(store.app, of(store, "one")).run("a", fails), return_exceptions=True
    )
    assert isinstance(told[0], ZeroDivisionError)
    assert await of(store, "two").take("a", store.app.clock.now())
