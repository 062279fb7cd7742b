"""The demo against the platform's public face: what it posts, reports, and how it goes on."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from rich.console import Console

from examples.procurement.data import Case, write_case
from examples.procurement.demo import DemoOptions
from examples.procurement.demo.agent_api import AgentApi
from examples.procurement.demo.errors import DemoError
from examples.procurement.demo.platform_api import PlatformApi
from examples.procurement.demo.play import play
from examples.procurement.demo.stopping import Stopping
from libs.runtime.serve import Server
from libs.testkit.fake_platform import FakePlatform, ToyRule

FRESH = 30
RULES = (
    ToyRule(
        'request.department == "Marketing" && request.justification.contains("campaign")', "reject"
    ),
    ToyRule('request.department == "Security" && request.amount <= 25000.0', "approve"),
    ToyRule("request.price_increase_percent > 10.0", "flag-for-review", accepted=False),
    ToyRule('vendor.has_preferred_rival && request.department != "Security"', "reject"),
)
REFUSED = 2


@pytest.fixture(scope="module")
def small(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case with fewer fresh requests, so that the tests are quick."""
    fresh = case.fresh_requests[:FRESH]
    reviews = {request.id: case.fresh_reviews[request.id] for request in fresh}
    folder = tmp_path_factory.mktemp("demo") / "case"
    write_case(case.model_copy(update={"fresh_requests": fresh, "fresh_reviews": reviews}), folder)
    return folder


@asynccontextmanager
async def serving(home: Path) -> AsyncIterator[FakePlatform]:
    fake = FakePlatform("procurement", ("requester", "vendor", "item"), RULES)
    server = Server(fake.api, "127.0.0.1", 0)
    await server.start()
    url = f"http://127.0.0.1:{server.port}"
    home.mkdir(parents=True, exist_ok=True)
    (home / "endpoints.json").write_text(json.dumps({"api": url, "otlp_http": url}))
    try:
        yield fake
    finally:
        await server.stop()


def options(home: Path, data: Path) -> DemoOptions:
    return DemoOptions(
        home=home, data_dir=data, exit_after=True, report=home / "report.json", cluster=True
    )


async def run(chosen: DemoOptions) -> dict[str, Any]:
    with Path("/dev/null").open("w") as nowhere:
        await play(chosen, Console(file=nowhere), Stopping())
    assert chosen.report is not None
    report: dict[str, Any] = json.loads(chosen.report.read_text())
    return report


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One demo without any trouble: its report and what the platform saw."""
    home = tmp_path_factory.mktemp("calm")
    async with serving(home) as fake:
        return await run(options(home, small)), fake


def without_seconds(report: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in report.items() if key != "seconds"}


async def test_the_report_has_the_promised_form(told: Any, case: Case) -> None:
    report, _ = told
    assert [cycle["n"] for cycle in report["cycles"]] == [1, 2, 3, 4]
    assert set(report["baseline"]) >= {"mine", "fresh"}
    for cycle in report["cycles"]:
        assert set(cycle) >= {"mine", "select", "sealed", "accepted", "refused"}
        assert sum(figures["n"] for figures in cycle["figures"].values()) == 130
    fresh = report["final"]["fresh"]
    assert fresh["n"] == FRESH
    assert fresh["ci"][0] < fresh["agreement"] < fresh["ci"][1]
    assert fresh["agreement"] > report["baseline"]["fresh"]
    assert report["seconds"] > 0


async def test_a_person_chooses_how_many_cycles_it_learns(small: Path, tmp_path: Path) -> None:
    async with serving(tmp_path):
        report = await run(replace(options(tmp_path, small), cycles=1))
    assert [cycle["n"] for cycle in report["cycles"]] == [1]
    assert report["final"]["fresh"]["n"] == FRESH


async def test_accepted_and_refused_proposals_are_told_with_their_rules(told: Any) -> None:
    report, fake = told
    accepted = [[one["rules"][0]["plain"] for one in c["accepted"]] for c in report["cycles"]]
    assert accepted == [["habit 0"], ["habit 1"], [], ["habit 3"]]
    assert report["cycles"][REFUSED]["refused"][0]["reasons"] == ["no gain on select"]
    assert len(fake.decisions) == len(RULES) - 1


async def test_feedback_overrides_where_she_disagrees_and_confirms_where_she_agrees(
    told: Any, case: Case
) -> None:
    _, fake = told
    assert len(fake.feedback) == 5 * 130
    for one in fake.feedback.values():
        review = case.reviews[one["example_key"]]
        root = fake.roots[one["trace_id"]]
        same = json.loads(root["output.value"])["decision"] == review.decision
        assert one["kind"] == ("confirmation" if same else "override")
        assert one["expected"] == review.decision
        assert (one["reason"], one["precedent"]) == (review.reasoning, review.precedent)
        assert one["session_id"] == root["session.id"]


async def test_no_fresh_request_is_seen_before_the_final_count_and_no_fresh_review_at_all(
    told: Any,
) -> None:
    _, fake = told
    assert not any(one["example_key"].startswith("F-") for one in fake.feedback.values())
    digests = [
        root["pawl.config.digest"]
        for root in fake.roots.values()
        if json.loads(root["input.value"])["id"].startswith("F-")
    ]
    assert digests == [fake.digest] * FRESH


class Killed(Exception):
    """Stands for the end of the process."""


@pytest.mark.timeout(240)
async def test_a_demo_that_is_stopped_anywhere_goes_on_and_ends_with_the_same_report(
    told: Any, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [40, 150, 2, 170, 5, 120]
    left = [0]

    def dying(original: Any) -> Any:
        async def call(*arguments: Any, **more: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            return await original(*arguments, **more)

        return call

    monkeypatch.setattr(AgentApi, "_run", dying(AgentApi._run))
    monkeypatch.setattr(PlatformApi, "_send", dying(PlatformApi._send))
    async with serving(tmp_path) as fake:
        for step in steps:
            left[0] = step
            with pytest.raises(Killed):
                await run(options(tmp_path, small))
        left[0] = -1
        report = await run(options(tmp_path, small))
        assert len(fake.feedback) == 5 * 130
        assert len(fake.decisions) == len(RULES) - 1
        assert without_seconds(report) == without_seconds(told[0])
        assert await run(options(tmp_path, small)) == report


async def test_a_home_with_another_demo_is_refused(told: Any, small: Path, tmp_path: Path) -> None:
    async with serving(tmp_path):
        chosen = options(tmp_path, small)
        chosen.demo_home.mkdir()
        (chosen.demo_home / "state.json").write_text('{"case_id": "seed-1"}')
        with pytest.raises(DemoError, match="holds the demo of seed-1"):
            await run(replace(chosen))
