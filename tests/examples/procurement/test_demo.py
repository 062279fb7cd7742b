"""The demo against the platform's public face: what it posts, reports, and how it goes on."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from examples.procurement.data import Case, write_case
from examples.procurement.demo.agent_api import AgentApi
from examples.procurement.demo.errors import DemoError
from examples.procurement.demo.platform_api import PlatformApi
from libs.contracts.api import LoopReport
from tests.examples.procurement.fake_demo import (
    FRESH,
    REFUSED,
    RULES,
    SIZE,
    WAITS,
    options,
    run,
    serving,
    shortened,
)


@pytest.fixture(scope="module")
def small(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case with fewer requests, so that the tests are quick."""
    folder = tmp_path_factory.mktemp("demo") / "case"
    write_case(shortened(case), folder)
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One demo without any trouble: its report and what the platform saw."""
    home = tmp_path_factory.mktemp("calm")
    async with serving(home) as fake:
        return await run(options(home, small)), fake


def without_seconds(report: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in report.items() if key != "seconds"}


async def test_the_report_has_the_promised_form(told: Any) -> None:
    report, _ = told
    assert [cycle["n"] for cycle in report["cycles"]] == [1, 2, 3, 4]
    assert set(report["baseline"]) >= {"mine", "fresh"}
    for cycle in report["cycles"]:
        assert set(cycle) >= {"mine", "select", "sealed", "accepted", "refused", "waiting"}
    assert [cycle["figures"]["new"]["n"] for cycle in report["cycles"]] == [20, 20, 20, 15]
    assert [cycle["reviews"] for cycle in report["cycles"]] == [20, 40, 60, 75]
    assert report["reviews_used"] == 75
    for fresh in (report["final"]["fresh"], report["final"]["after_first_cycle"]):
        assert fresh["n"] == FRESH
        assert fresh["ci"][0] < fresh["agreement"] < fresh["ci"][1]
    assert report["final"]["fresh"]["agreement"] > report["baseline"]["fresh"]
    assert report["seconds"] > 0
    assert LoopReport.model_validate(report).final is not None


async def test_learners_of_the_shelf_are_counted_on_the_same_requests_with_the_same_reviews(
    told: Any,
) -> None:
    report, _ = told
    for name, reviews in (("after_first_cycle", 20), ("final", 75)):
        rivals = report["rivals"][name]
        assert rivals["reviews"] == reviews
        assert rivals["tree"]["n"] == rivals["boosting"]["n"] == FRESH


async def test_a_person_chooses_how_many_cycles_it_learns(small: Path, tmp_path: Path) -> None:
    async with serving(tmp_path):
        report = await run(replace(options(tmp_path, small), cycles=1))
    assert [cycle["n"] for cycle in report["cycles"]] == [1]
    assert report["final"]["after_first_cycle"] == report["final"]["fresh"]


async def test_without_later_requests_it_ends_after_the_first_cycle_and_says_so(
    case: Case, tmp_path: Path
) -> None:
    short = shortened(case).model_copy(update={"stream_requests": (), "stream_reviews": {}})
    write_case(short, tmp_path / "case")
    async with serving(tmp_path / "home"):
        screen = io.StringIO()
        report = await run(options(tmp_path / "home", tmp_path / "case"), screen)
    assert [cycle["n"] for cycle in report["cycles"]] == [1]
    assert report["final"]["fresh"]["n"] == FRESH
    assert "There are new requests for 1 cycle, not for 4" in screen.getvalue()


async def test_proposals_are_told_with_their_rules_and_their_kind_of_evidence(told: Any) -> None:
    report, fake = told
    accepted = [
        [(one["rules"][0]["plain"], one["evidence_kind"]) for one in cycle["accepted"]]
        for cycle in report["cycles"]
    ]
    procedure = "procedure"
    assert accepted == [
        [("habit 0", procedure)],
        [],
        [("habit 1", "exact")],
        [("habit 3", procedure)],
    ]
    waiting = [[one["name"] for one in cycle["waiting"]] for cycle in report["cycles"]]
    assert waiting == [[], ["proposal 2.1"], [], []]
    refused = report["cycles"][REFUSED]["refused"][0]
    assert (refused["reasons"], refused["evidence_kind"]) == (["no gain on the lessons"], None)
    assert len(fake.decisions) == len(RULES) - 1


async def test_each_cycle_brings_new_requests_under_what_was_served_then(
    told: Any, case: Case
) -> None:
    report, fake = told
    few = shortened(case)
    asked = [one.id for one in (*few.requests, *few.stream_requests)]
    assert [one["example_key"] for one in fake.feedback.values()] == asked
    digests = [fake.roots[one["trace_id"]]["pawl.config.digest"] for one in fake.feedback.values()]
    by_cycle = [digests[start : start + SIZE] for start in range(0, len(digests), SIZE)]
    assert all(len(set(part)) == 1 for part in by_cycle)
    assert by_cycle[WAITS][0] == by_cycle[REFUSED][0]
    assert len({part[0] for part in by_cycle}) == len(by_cycle) - 1
    kinds = [one["kind"] for one in fake.feedback.values()][:SIZE]
    new = report["cycles"][0]["figures"]["new"]
    assert new["agreement"] == kinds.count("confirmation") / SIZE


async def test_feedback_overrides_where_she_disagrees_and_confirms_where_she_agrees(
    told: Any, case: Case
) -> None:
    _, fake = told
    for one in fake.feedback.values():
        review = (case.reviews | case.stream_reviews)[one["example_key"]]
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
    steps = [10, 35, 2, 40, 5, 30]
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
        assert len(fake.feedback) == 4 * SIZE - 5
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
