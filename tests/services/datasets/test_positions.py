"""Every review has one place in its agent's log: in order, without gaps, never given twice."""

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from libs.contracts.events import ExampleRecorded
from libs.storage import Database
from libs.storage.engine import create_engine
from libs.testkit.databases import database_of
from services.datasets.adapters.reviews_sql import ReviewStore
from services.datasets.domain.example import Example
from services.datasets.tables import METADATA
from tests.services.datasets.bench import Bench, open_bench
from tests.services.datasets.world import AGENT, PROJECT, START, World, feedback, request

pytestmark = pytest.mark.usefixtures("either_database")


async def positions(bench: Bench) -> list[int]:
    return [one.position for one in await bench.examples()]


async def test_the_same_feedback_again_is_no_other_review(bench: Bench) -> None:
    """Neither a copy of it nor other words under its id: what is recorded stays."""
    await bench.learn(range(5))
    before = await bench.examples()
    trace_id = f"{1:032x}"
    again = [feedback(request(0), trace_id), feedback(request(0), trace_id, {"decision": "reject"})]
    await bench.publish(*again, *again)
    await bench.handled("feedback-recorded-v1")
    await bench.learnt(5)
    assert await bench.examples() == before
    assert (await bench.counts()).head == 5


async def test_each_review_is_published_once_in_the_order_of_the_log(bench: Bench) -> None:
    await bench.learn(range(40), order_seed=1)
    events = await bench.published(ExampleRecorded, 40)
    told = [one for one in events if isinstance(one, ExampleRecorded)]
    assert [one.position for one in told] == list(range(1, 41))
    views = {one.position: one for one in await bench.examples()}
    for one in told:
        view = views[one.position]
        assert (one.review_id, one.example_key) == (view.review_id, view.example_key)
        assert (one.group, one.trace_id) == (view.group, view.trace_id)
        assert (one.expected, one.answered) == (view.expected, view.answered)
        assert (one.config_digest, one.recorded_at) == (view.config_digest, view.recorded_at)
        assert (one.agent, one.project) == (AGENT, PROJECT)


async def test_two_replicas_give_no_place_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, either_database: str
) -> None:
    """Two processes of the service over one log and one database; the log hands each its part."""
    world = World()
    monkeypatch.setenv("PAWL_DATASETS_WORKER", "one")
    monkeypatch.setenv("PAWL_DATASETS_BATCH", "7")
    async with open_bench(tmp_path, world) as one:
        monkeypatch.setenv("PAWL_DATASETS_WORKER", "two")
        async with open_bench(tmp_path, world) as two:
            said = []
            for number in range(120):
                world.run_agent(request(number), f"{number + 1:032x}")
                said.append(feedback(request(number), f"{number + 1:032x}"))
            for at in range(0, 120, 10):
                await (one, two)[at // 10 % 2].publish(*said[at : at + 10])
            await two.learnt(120)
            assert await positions(two) == list(range(1, 121))
            events = await two.published(ExampleRecorded, 120)
            assert {one.natural_id() for one in events} == {
                f"example:{s.feedback_id}" for s in said
            }


async def test_stores_that_race_take_turns(tmp_path: Path, either_database: str) -> None:
    """The same reviews and others, from two pools of connections at once."""
    async with open_bench(tmp_path, World()) as bench:
        stores = [
            Database(bench.app, create_engine(bench.app.deps.settings, "datasets")) for _ in "ab"
        ]

        async def append(database: Database, numbers: range) -> None:
            for number in numbers:
                async with database.transaction() as tx:
                    store = ReviewStore(database)
                    await store.append(tx, AGENT, [example(number), example(number + 1000)])

        await asyncio.gather(append(stores[0], range(30)), append(stores[1], range(15, 45)))
        found = await bench.examples()
        assert [one.position for one in found] == list(range(1, 91))
        assert len({one.review_id for one in found}) == 90
        assert (await bench.counts()).head == 90
        for database in stores:
            await database.close()


def example(number: int) -> Example:
    return Example(
        agent=AGENT, example_key=f"k{number}", project=PROJECT, group="g", trace_id="1" * 32,
        input={}, expected="approve", answered="flag", base=None, facts={}, reason="",
        precedent=None, config_digest=None, review_id=f"r{number}", recorded_at=START,
    )  # fmt: skip


async def test_a_kill_while_reviews_are_stored_leaves_no_gap(tmp_path: Path) -> None:
    """Whatever was under way is taken up again by the process that is started under its name."""
    world = World()
    bench = Bench(tmp_path, world)
    await bench.start()
    said = []
    for number in range(200):
        world.run_agent(request(number), f"{number + 1:032x}")
        said.append(feedback(request(number), f"{number + 1:032x}"))
    await bench.publish(*said)

    async def begun() -> bool:
        return (await bench.counts()).head > 0

    await bench.until(begun)
    await bench.kill()
    async with open_bench(tmp_path, world) as again:
        await again.learnt(200)
        assert await positions(again) == list(range(1, 201))
        events = await again.published(ExampleRecorded, 200)
        assert len({one.natural_id() for one in events}) == 200


async def test_feedback_whose_trace_comes_late_survives_a_kill_and_becomes_an_example(
    tmp_path: Path,
) -> None:
    world = World()
    bench = Bench(tmp_path, world)
    await bench.start()
    await bench.publish(feedback(request(3), f"{4:032x}"))
    await bench.handled("feedback-recorded-v1")
    assert (await bench.counts()).pending == 1
    await bench.kill()
    async with open_bench(tmp_path, world) as again:
        assert (await again.counts()).pending == 1
        world.run_agent(request(3), f"{4:032x}")
        await again.learnt(1)


async def test_migrations_make_the_tables_that_the_code_uses(bench: Bench) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"include_name": _ours})
        return list(compare_metadata(context, METADATA))

    engine = create_engine(bench.app.deps.settings, "datasets")
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()
    assert await database_of(bench.home) == bench.app.deps.settings.database_url


def _ours(name: str | None, kind: str, parents: object) -> bool:
    return kind != "table" or (name or "").startswith("datasets_")
