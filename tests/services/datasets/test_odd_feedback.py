"""One unusual run costs itself at most: the feedback of all others becomes examples."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Row, select

from libs.contracts.events import ExampleRecorded
from libs.runtime.errors import UnavailableError
from libs.storage.engine import create_engine
from services.datasets.adapters.reviews_sql import ReviewStore
from services.datasets.domain.example import Example
from services.datasets.handlers import desk
from services.datasets.tables import PENDING
from tests.services.datasets.bench import Bench, open_bench
from tests.services.datasets.world import (
    World,
    feedback,
    request,
    trace,
)

pytestmark = pytest.mark.usefixtures("either_database")
ODDITIES: dict[str, Any] = {
    "integer": 2**53 + 1,
    "not a number": float("nan"),
    "half a surrogate pair": "cut \ud83d",
    "the character 0": "a\0b",
}


@pytest.fixture
async def bench(tmp_path: Path, either_database: str) -> AsyncIterator[Bench]:
    async with open_bench(tmp_path, World()) as opened:
        yield opened


def ran(bench: Bench, given: dict[str, Any], number: int, digest: str = "sha256:x") -> str:
    """The agent was given this; returns the trace id."""
    trace_id = f"{number + 1:032x}"
    bench.world.traces[trace_id] = trace(given, {"decision": "flag"}, trace_id, digest)
    return trace_id


async def waiting(bench: Bench) -> list[Row[Any]]:
    """What has not become an example, refused or not."""
    engine = create_engine(bench.app.deps.settings, "datasets")
    async with engine.connect() as connection:
        rows = list(await connection.execute(select(PENDING)))
    await engine.dispose()
    return rows


async def problems(bench: Bench) -> dict[str, str]:
    return dict((await bench.http.get("/readyz")).json()["problems"])


@pytest.mark.parametrize("named", [True, False], ids=["with a key", "without a key"])
async def test_unusual_inputs_become_examples_beside_usual_ones(bench: Bench, named: bool) -> None:
    said = []
    for number, oddity in zip(range(9), ODDITIES.values(), strict=False):
        given = request(number) | {"odd": oddity}
        trace_id = ran(bench, given, number)
        key = given["id"] if named else None
        said.append(feedback(given, trace_id, reason="b\0c", example_key=key))
    usual = request(10)
    said.append(feedback(usual, ran(bench, usual, 10, digest="d" * 200)))
    await bench.publish(*said)
    await bench.learnt(len(said))
    assert await problems(bench) == {}
    shown = {one.input["id"]: one for one in await bench.examples()}
    odd = [shown[request(number)["id"]] for number in range(len(ODDITIES))]
    assert [one.input["odd"] for one in odd] == [2**53 + 1, None, "cut ?", "a\0b"]
    assert [one.facts["request"]["odd"] for one in odd] == [2**53 + 1, None, "cut ?", "a\0b"]
    assert {one.reason for one in odd} == {"b?c"}
    assert shown[usual["id"]].config_digest is None


async def test_a_defect_that_one_run_brings_out_costs_only_that_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    culprit = ran(bench, request(1), 1)
    real = desk.example_of

    def fragile(said: Any, *rest: Any) -> Example:
        if said.trace_id == culprit:
            raise ZeroDivisionError("odd \0 \ud83d")
        return real(said, *rest)

    monkeypatch.setattr(desk, "example_of", fragile)
    await bench.publish(
        feedback(request(1), culprit), feedback(request(2), ran(bench, request(2), 2))
    )
    await bench.learnt(1)
    [refused] = await waiting(bench)
    assert (refused.job_id, refused.state) == (f"fb-{culprit}", "refused")
    assert "ZeroDivisionError" in refused.note


def on_save(monkeypatch: pytest.MonkeyPatch, before: Callable[[list[Example]], None]) -> None:
    """Called with what is about to be stored; it may raise."""
    real = ReviewStore.append

    async def append(
        self: ReviewStore, tx: Any, agent: str, examples: list[Example]
    ) -> list[ExampleRecorded]:
        before(examples)
        return await real(self, tx, agent, examples)

    monkeypatch.setattr(ReviewStore, "append", append)


async def test_what_cannot_be_stored_is_refused_and_the_rest_of_its_batch_stored(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def before(examples: list[Example]) -> None:
        if "r0002" in {one.example_key for one in examples}:
            raise ValueError("no table takes this")

    on_save(monkeypatch, before)
    said = [feedback(request(n), ran(bench, request(n), n)) for n in range(5)]
    await bench.publish(*said)
    await bench.learnt(4)
    [refused] = await waiting(bench)
    assert (refused.job_id, refused.state) == (said[2].feedback_id, "refused")
    assert "no table takes this" in refused.note
    assert await problems(bench) == {}


@pytest.mark.parametrize("either_database", ["postgresql"], indirect=True)
async def test_a_key_that_is_too_long_for_its_column_is_refused_alone(bench: Bench) -> None:
    """The door bounds it; whoever writes to the topic beside the door may not."""
    said = [feedback(request(n), ran(bench, request(n), n)) for n in range(3)]
    long = feedback(request(3), ran(bench, request(3), 3), example_key="k" * 300)
    await bench.publish(*said, long)
    await bench.learnt(3)
    [refused] = await waiting(bench)
    assert (refused.job_id, refused.state) == (long.feedback_id, "refused")


async def test_an_outage_while_storing_refuses_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that begins while a batch is taken apart."""
    away = True

    def before(examples: list[Example]) -> None:
        if away:
            raise UnavailableError("away") if len(examples) == 1 else ValueError("odd")

    on_save(monkeypatch, before)
    said = [feedback(request(n), ran(bench, request(n), n)) for n in range(5)]
    await bench.publish(*said)
    await bench.handled("feedback-recorded-v1")

    async def told() -> bool:
        return "paused:feedback" in await problems(bench)

    await bench.until(told)
    assert {row.state for row in await waiting(bench)} == {"waiting"}
    away = False
    await bench.learnt(5)
    assert await waiting(bench) == []

    async def well() -> bool:
        return await problems(bench) == {}

    await bench.until(well)


@pytest.mark.parametrize(
    ("status", "page", "note"),
    [(200, "<html>", "no ChannelPointer"), (500, "odd\0", "odd?")],
    ids=["no JSON", "NUL"],
)
async def test_an_odd_answer_of_another_service_is_waited_out(
    tmp_path: Path,
    either_database: str,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    page: str,
    note: str,
) -> None:
    """A proxy's page instead of a pointer says nothing of the feedback."""
    real, pages = World._runtime_config, [True]

    async def answer(self: World, asked: httpx.Request) -> httpx.Response:
        return httpx.Response(status, text=page) if pages[0] else await real(self, asked)

    monkeypatch.setattr(World, "_runtime_config", answer)
    async with open_bench(tmp_path, World()) as bench:
        await bench.publish(feedback(request(1), ran(bench, request(1), 1)))

        async def told() -> bool:
            return note in "".join((await bench.counts()).pending_because)

        await bench.until(told)
        pages[0] = False
        await bench.learnt(1)


async def test_an_input_that_nobody_could_read_back_is_refused_with_its_reason(
    bench: Bench,
) -> None:
    deep: Any = []
    for _ in range(200):
        deep = [deep]
    trace_id = ran(bench, request(1), 1)
    tree = bench.world.traces[trace_id]
    root = tree.spans[0].model_copy(update={"input": json.dumps(deep)})
    bench.world.traces[trace_id] = tree.model_copy(update={"spans": (root,)})
    await bench.publish(feedback(request(1), trace_id))

    async def refused() -> bool:
        rows = await waiting(bench)
        return [row.state for row in rows] == ["refused"] and "nested deeper" in rows[0].note

    await bench.until(refused)
