"""Before anything is tested: what gains nothing, does not fit or costs too much goes no further."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pawl_sdk.bundle import Bundle

from libs.contracts.events import ExperimentFinished
from services.experiments.settings import ExperimentsSettings
from tests.services.experiments.bench import Bench, gathering, open_bench
from tests.services.experiments.conftest import LESSONS
from tests.services.experiments.test_exact_evidence import in_department
from tests.services.experiments.world import (
    AGENT_YAML,
    HARMFUL,
    MARKETING,
    REPLAY_URL,
    SECURITY,
    USELESS,
    World,
    obey,
    proposal,
    request,
)


async def run(bench: Bench, edits: list[dict[str, Any]], **changes: Any) -> ExperimentFinished:
    drafted = proposal(bench.world, edits, **({"author": "claude"} | changes))
    await bench.publish(drafted)
    return await bench.verdict(drafted.proposal_id)


async def test_what_goes_no_further_costs_no_test(ready: Bench) -> None:
    """No gain, no fit, too dear: refused on the lessons, and the ledger knows nothing of it."""
    for edits in ([HARMFUL], [USELESS]):
        refused = await run(ready, edits)
        assert (refused.verdict, refused.evidence) == ("reject", None)
    misfit = await run(ready, [{"op": "remove_rule", "rule_id": "ghost"}])
    assert misfit.verdict == "reject"
    assert "ghost" in misfit.reasons[0]
    ready.world.behaviour = greedy
    costly = await run(ready, [SECURITY])
    assert costly.verdict == "reject"
    assert any("tokens per run" in reason for reason in costly.reasons)
    assert (await ready.ledger()).entries == ()
    baseline = ready.world.served.digest
    runs = [name for digest, name in ready.world.replays if digest == baseline]
    assert len(runs) == len(set(runs)), "the baseline is run once for all of them"


async def test_only_edits_that_earn_their_place_are_frozen(ready: Bench) -> None:
    view = await gathering(ready, [SECURITY, USELESS, MARKETING, HARMFUL])
    await ready.learn(in_department("Security", 9))
    result = await ready.verdict(view.proposal_id)
    assert list(result.edits) == [SECURITY, MARKETING]
    assert result.edit_origins == (0, 2)
    needed = {hunk.edit_index: hunk.needed for hunk in result.hunks}
    assert needed == {0: True, 2: True, 3: False}, "the useless one was refused"
    assert result.lessons is not None
    assert (result.lessons.n, result.lessons.wins, result.lessons.losses) == (60, 30, 0)
    assert {flip.before for flip in result.flips} == {"flag"}


async def test_a_candidate_that_fails_more_often_is_refused_whatever_it_gains(
    ready: Bench,
) -> None:
    """The new rules are right about Security and Marketing, and break one run in ten."""
    ready.world.behaviour = brittle
    result = await run(ready, [SECURITY, MARKETING])
    assert result.lessons is not None
    assert result.lessons.gain > 0.2
    assert result.verdict == "reject"
    assert "runs without an error" in result.reasons[0]
    assert (await ready.ledger()).entries == ()


def brittle(bundle: Bundle, given: Mapping[str, Any]) -> dict[str, Any]:
    fails = bundle.rules and int(given["id"][1:]) % 10 == 0
    return obey(bundle, given) | ({"output": None, "error": "broke"} if fails else {})


def greedy(bundle: Bundle, given: Mapping[str, Any]) -> dict[str, Any]:
    return obey(bundle, given) | ({"tokens": 5000} if bundle.rules else {})


async def test_limits_are_held_once_more_when_the_evidence_accepts(ready: Bench) -> None:
    """What is sound on the lessons may fail on what comes after them."""
    view = await gathering(ready, [SECURITY])
    ready.world.behaviour = brittle
    sales = [n for n in in_department("Sales", 200) if n % 10 == 0]
    await ready.learn(sales[:20], expected="approve")
    await ready.learn([n for n in in_department("Security", 20) if n % 10])
    result = await ready.verdict(view.proposal_id)
    assert result.evidence is not None
    assert result.verdict == "reject", result.reasons
    assert "runs without an error" in " ".join(result.reasons)
    assert [one.outcome for one in (await ready.ledger()).entries] == ["refused"]


async def test_costs_are_held_once_more_when_the_evidence_accepts(ready: Bench) -> None:
    view = await gathering(ready, [SECURITY])

    ready.world.behaviour = greedy
    await ready.learn(in_department("Security", 9))
    result = await ready.verdict(view.proposal_id)
    assert result.verdict == "reject"
    assert "tokens per run" in result.reasons[0]
    assert result.evidence is not None
    assert result.evidence.wins == 8


async def test_a_guardrail_of_the_agent_is_held(tmp_path: Path) -> None:
    """Right about Security, and some of the flags that were right go with it."""
    rails = "guardrails: [{name: keep-flags, label: flag, margin: 0.05}]\n"

    def careless(bundle: Bundle, given: Mapping[str, Any]) -> dict[str, Any]:
        loses = bundle.rules and given["department"] == "Sales" and given["amount"] % 60 == 0
        return obey(bundle, given) | ({"output": {"decision": "approve"}} if loses else {})

    async with open_bench(tmp_path, World(AGENT_YAML + rails)) as bench:
        bench.world.behaviour = careless
        await bench.announce()
        await bench.learn(LESSONS)
        result = await run(bench, [SECURITY])
        assert result.verdict == "reject"
        assert "keep-flags" in result.reasons[0]
        assert (await bench.ledger()).entries == ()


async def test_without_reviews_there_is_nothing_to_test_on(bench: Bench) -> None:
    await bench.announce()
    result = await run(bench, [SECURITY])
    assert result.verdict == "inconclusive"
    assert result.reasons == ("there are no reviews to learn from yet",)


async def test_without_any_instance_the_verdict_is_inconclusive(bench: Bench) -> None:
    await bench.learn(LESSONS)
    result = await run(bench, [SECURITY])
    assert result.verdict == "inconclusive"
    assert "no running instance" in result.reasons[0]


async def test_another_instance_takes_over_when_one_is_gone(ready: Bench) -> None:
    await ready.announce("http://127.0.0.1:1/gone", instance="gone")
    assert (await gathering(ready, [SECURITY])).state == "gathering"


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        (REPLAY_URL, True),
        ("http://agent.shop.svc:8000/replay/x", True),
        ("http://agent.shop.svc.cluster.local/replay", True),
        ("http://169.254.169.254/latest/meta-data", False),
        ("http://127.0.0.1@evil.example/replay", False),
        ("http://evil.example/?x=127.0.0.1", False),
        ("http://127.0.0.1.evil.example/", False),
        ("file:///etc/passwd", False),
    ],
)
def test_only_allowed_replay_addresses_are_ever_called(url: str, allowed: bool) -> None:
    """Agents name the address, so a hostile one could aim the acceptor at anything inside."""
    pattern = re.compile(ExperimentsSettings().replay_urls)
    assert bool(pattern.fullmatch(url)) == allowed


async def test_an_address_that_is_not_allowed_is_not_called(bench: Bench) -> None:
    await bench.announce("http://evil.example/replay")
    await bench.learn(range(8))
    await run(bench, [SECURITY])
    assert bench.world.replays == []


async def test_the_report_does_not_depend_on_trace_ids(tmp_path: Path) -> None:
    reports = []
    for name, offset in (("one", 0), ("two", 70_000)):
        world = World()
        world.traces_from = offset
        async with open_bench(tmp_path / name, world) as bench:
            await bench.announce()
            await bench.learn(LESSONS)
            view = await gathering(bench, [SECURITY, USELESS, MARKETING])
            await bench.learn(in_department("Security", 9))
            result = await bench.verdict(view.proposal_id)
            document = result.model_dump(mode="json", exclude={"finished_at"})
            for flip in document["flips"]:
                flip.pop("trace_id")
            reports.append(document)
    assert reports[0] == reports[1]
    assert reports[0]["verdict"] == "accept"
    assert request(3)["id"] in str(reports[0]["flips"])
