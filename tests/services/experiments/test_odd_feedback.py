"""One unusual run costs itself at most: the feedback of all others becomes examples."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Row, select

from libs.contracts.api import ExampleView, Page
from libs.contracts.splits import group_of, split_of
from libs.runtime.errors import UnavailableError
from libs.storage.engine import create_engine
from services.experiments.adapters.examples_sql import ExampleStore
from services.experiments.domain.example import Example
from services.experiments.handlers import feedback as desk
from services.experiments.tables import PENDING
from tests.services.experiments.bench import Bench, open_bench
from tests.services.experiments.world import (
    AGENT,
    MARKETING,
    SECURITY,
    World,
    feedback,
    obey,
    proposal,
    request,
    trace,
)

pytestmark = pytest.mark.usefixtures("either_database")
MINE = [n for n in range(100) if split_of(AGENT, group_of(request(n), ["id"])) == "mine"]
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
    engine = create_engine(bench.app.deps.settings, "experiments")
    async with engine.connect() as connection:
        rows = list(await connection.execute(select(PENDING)))
    await engine.dispose()
    return rows


async def learnt(bench: Bench, count: int) -> None:
    """Wait until there are so many examples, and nothing waits."""

    async def done() -> bool:
        counts = await bench.counts()
        return counts.pending == 0 and sum(split.n for split in counts.splits) == count

    await bench.until(done)


async def problems(bench: Bench) -> dict[str, str]:
    return dict((await bench.http.get("/readyz")).json()["problems"])


@pytest.mark.parametrize("named", [True, False], ids=["with a key", "without a key"])
async def test_unusual_inputs_become_examples_beside_usual_ones(bench: Bench, named: bool) -> None:
    said = []
    for number, oddity in zip(MINE, ODDITIES.values(), strict=False):
        given = request(number) | {"odd": oddity}
        trace_id = ran(bench, given, number)
        key = given["id"] if named else None
        said.append(feedback(given, trace_id, reason="b\0c", example_key=key))
    usual = request(MINE[10])
    said.append(feedback(usual, ran(bench, usual, MINE[10], digest="d" * 200)))
    await bench.publish(*said)
    await learnt(bench, len(said))
    assert await problems(bench) == {}
    answer = await bench.http.get("/api/v1/examples", params={"agent": AGENT})
    assert answer.status_code == 200, answer.text
    shown = {
        one.input["id"]: one for one in Page[ExampleView].model_validate_json(answer.text).items
    }
    odd = [shown[request(number)["id"]] for number in MINE[: len(ODDITIES)]]
    assert [one.input["odd"] for one in odd] == [2**53 + 1, None, "cut ?", "a\0b"]
    assert [one.facts["request"]["odd"] for one in odd] == [2**53 + 1, None, "cut ?", "a\0b"]
    assert {one.reason for one in odd} == {"b?c"}
    assert shown[usual["id"]].config_digest is None


async def test_a_whole_experiment_runs_on_unusual_inputs(bench: Bench) -> None:
    """None of the oddities stops a replay, the cache of replays or the frozen plan."""
    odd = list(ODDITIES.values())
    said = []
    for number in range(120):
        given = request(number) | {"odd": odd[number % 5] if number % 5 < 4 else None}
        said.append(feedback(given, ran(bench, given, number), example_key=None))
    bench.world.behaviour = lambda bundle, given: obey(bundle, given | {"odd": None})
    await bench.announce()
    await bench.publish(*said)
    await learnt(bench, len(said))
    drafted = proposal(bench.world, [SECURITY, MARKETING])
    await bench.publish(drafted)
    result = await bench.verdict(drafted.proposal_id)
    assert result.verdict == "accept", result.reasons


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
    await learnt(bench, 1)
    [refused] = await waiting(bench)
    assert (refused.feedback_id, refused.state) == (f"fb-{culprit}", "refused")
    assert "ZeroDivisionError" in refused.note


def on_save(monkeypatch: pytest.MonkeyPatch, before: Callable[[list[Example]], None]) -> None:
    """Called with what is about to be stored; it may raise."""
    real = ExampleStore.save

    async def save(
        self: ExampleStore, tx: Any, agent: str, examples: list[Example], epoch: int
    ) -> None:
        before(examples)
        await real(self, tx, agent, examples, epoch)

    monkeypatch.setattr(ExampleStore, "save", save)


async def test_what_cannot_be_stored_is_refused_and_the_rest_of_its_batch_stored(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def before(examples: list[Example]) -> None:
        if "r0002" in {one.example_key for one in examples}:
            raise ValueError("no table takes this")

    on_save(monkeypatch, before)
    said = [feedback(request(n), ran(bench, request(n), n)) for n in range(5)]
    await bench.publish(*said)
    await learnt(bench, 4)
    [refused] = await waiting(bench)
    assert (refused.feedback_id, refused.state) == (said[2].feedback_id, "refused")
    assert "no table takes this" in refused.note
    assert await problems(bench) == {}


@pytest.mark.parametrize("either_database", ["postgresql"], indirect=True)
async def test_a_key_that_is_too_long_for_its_column_is_refused_alone(bench: Bench) -> None:
    """The door bounds it; whoever writes to the topic beside the door may not."""
    said = [feedback(request(n), ran(bench, request(n), n)) for n in range(3)]
    long = feedback(request(3), ran(bench, request(3), 3), example_key="k" * 300)
    await bench.publish(*said, long)
    await learnt(bench, 3)
    [refused] = await waiting(bench)
    assert (refused.feedback_id, refused.state) == (long.feedback_id, "refused")


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
    await learnt(bench, 5)
    assert (await waiting(bench), await problems(bench)) == ([], {})


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
        await learnt(bench, 1)


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
