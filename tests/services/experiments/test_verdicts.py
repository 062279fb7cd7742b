"""A proposal proves itself on held-out examples, or it does not pass."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pawl_sdk.bundle import Bundle

from libs.contracts.events import ExperimentFinished
from libs.contracts.splits import group_of, split_of
from tests.services.experiments.bench import Bench, open_bench
from tests.services.experiments.world import (
    AGENT,
    AGENT_YAML,
    HARMFUL,
    MARKETING,
    SECURITY,
    USELESS,
    World,
    obey,
    proposal,
    request,
    rule,
)

REQUESTS = range(120)


async def run(bench: Bench, edits: list[dict], **changes: object) -> ExperimentFinished:
    drafted = proposal(bench.world, edits, **changes)
    await bench.publish(drafted)
    return await bench.verdict(drafted.proposal_id)


def split(number: int) -> str:
    return split_of(AGENT, group_of(request(number), ["id"]))


async def test_a_true_improvement_is_accepted_with_complete_figures(bench: Bench) -> None:
    await bench.announce()
    await bench.learn(REQUESTS)
    result = await run(bench, [SECURITY, USELESS, MARKETING, HARMFUL])
    assert result.verdict == "accept", result.reasons
    sealed = [n for n in REQUESTS if split(n) == "sealed"]
    wins = sum(request(n)["department"] in ("Security", "Marketing") for n in sealed)
    assert result.sealed is not None
    assert (result.sealed.n, result.sealed.wins, result.sealed.losses) == (len(sealed), wins, 0)
    assert result.sealed.p_value == pytest.approx(0.5**wins)
    assert result.sealed.ci_low > 0
    assert result.mine is not None
    assert result.select is not None
    assert result.mine.n + result.select.n + result.sealed.n == len(REQUESTS)
    assert result.alpha is not None
    assert result.alpha.test_number == 1
    assert result.alpha.level == pytest.approx(0.04)
    assert result.alpha.spent_after == pytest.approx(0.01)
    assert [one.passed for one in result.guardrails] == [True]
    assert {one.measure for one in result.costs} == {"latency_ms", "tokens", "tool_calls"}
    assert await bench.published(ExperimentFinished, 1) == [result]


async def test_only_edits_that_earn_their_place_are_kept(bench: Bench) -> None:
    await bench.announce()
    await bench.learn(REQUESTS)
    result = await run(bench, [SECURITY, USELESS, MARKETING, HARMFUL])
    assert list(result.edits) == [SECURITY, MARKETING]
    assert [hunk.needed for hunk in result.hunks] == [True, False, True, False]
    assert result.hunks[3].losses_avoided > 0
    assert result.hunks[1].wins_lost == 0


async def test_no_sealed_example_is_ever_listed(bench: Bench) -> None:
    await bench.announce()
    await bench.learn(REQUESTS)
    result = await run(bench, [SECURITY])
    listed = {flip.example_key for flip in result.flips}
    open_wins = {
        request(n)["id"]
        for n in REQUESTS
        if split(n) != "sealed" and request(n)["department"] == "Security"
    }
    assert listed == open_wins
    assert all((flip.before, flip.after) == ("flag", "approve") for flip in result.flips)
    shown = await bench.get("examples", agent=AGENT, limit=1000)
    assert {item["split"] for item in shown["items"]} == {"mine"}


async def test_a_change_without_gain_is_rejected_and_costs_no_alpha(bench: Bench) -> None:
    await bench.announce()
    await bench.learn(REQUESTS)
    for edits in ([HARMFUL], [USELESS]):
        result = await run(bench, edits)
        assert result.verdict == "reject"
        assert result.sealed is None
    ledger = await bench.ledger()
    assert (ledger.entries, ledger.spent, ledger.tests_used) == ((), 0.0, 0)


def memorised(bench: Bench) -> dict:
    """Right on every mined example, by its id; it says nothing of any other."""
    mine = [request(n)["id"] for n in REQUESTS if split(n) == "mine"]
    return rule("memo", f"request.id in {mine} && request.department == 'Security'", "approve")


async def test_what_was_only_memorised_does_not_pass_the_sealed_test(bench: Bench) -> None:
    await bench.announce()
    await bench.learn(REQUESTS)
    result = await run(bench, [memorised(bench)])
    assert result.mine is not None
    assert result.mine.p_value < 0.01
    assert result.verdict == "reject"
    assert result.sealed is not None
    assert (result.sealed.wins, result.sealed.p_value) == (0, 1.0)
    entry = (await bench.ledger()).entries[0]
    assert (entry.outcome, entry.level, entry.p_value) == ("refused", pytest.approx(0.04), 1.0)


async def test_what_harms_the_unread_select_split_is_dropped_or_rejected(bench: Bench) -> None:
    await bench.announce()
    await bench.learn(REQUESTS)
    select = [request(n)["id"] for n in REQUESTS if split(n) == "select"]
    wrong = rule("wrong", f"request.id in {select} && request.department == 'Sales'", "reject")
    result = await run(bench, [SECURITY, wrong])
    assert (result.verdict, result.edits) == ("accept", (SECURITY,))


async def test_an_edit_that_wins_on_mine_and_loses_on_select_is_rejected(bench: Bench) -> None:
    await bench.announce()
    await bench.learn(REQUESTS)
    select = [request(n)["id"] for n in REQUESTS if split(n) == "select"]
    either = memorised(bench)
    either["rule"]["when"] += f" || (request.id in {select} && request.department == 'Sales')"
    result = await run(bench, [either])
    assert result.verdict == "reject"
    assert result.reasons[0].startswith("select: 0 wins")
    assert (await bench.ledger()).entries == ()


async def test_too_few_sealed_examples_are_inconclusive_and_cost_no_alpha(bench: Bench) -> None:
    await bench.announce()
    await bench.learn(range(8))
    result = await run(bench, [SECURITY])
    assert result.verdict == "inconclusive"
    assert "wait for more feedback" in result.reasons[0] or "guardrail" in result.reasons[0]
    assert (await bench.ledger()).entries == ()


async def test_an_edit_that_does_not_fit_is_rejected_by_name(bench: Bench) -> None:
    await bench.announce()
    await bench.learn(REQUESTS)
    result = await run(bench, [{"op": "remove_rule", "rule_id": "ghost"}])
    assert result.verdict == "reject"
    assert "ghost" in result.reasons[0]


async def test_a_candidate_that_fails_more_often_is_rejected_whatever_it_gains(
    bench: Bench,
) -> None:
    """The new rule is right about Security and Marketing, and breaks one run in ten."""

    def brittle(bundle: Bundle, given: Mapping[str, Any]) -> dict[str, Any]:
        fails = bundle.rules and int(given["id"][1:]) % 10 == 0
        return obey(bundle, given) | ({"output": None, "error": "broke"} if fails else {})

    bench.world.behaviour = brittle
    await bench.announce()
    await bench.learn(REQUESTS)
    result = await run(bench, [SECURITY, MARKETING])
    assert result.mine is not None
    assert result.mine.gain > 0.2
    assert result.verdict == "reject"
    assert "runs without an error" in result.reasons[0]
    assert (await bench.ledger()).entries == ()


async def test_a_candidate_over_its_cost_is_rejected_without_a_sealed_test(bench: Bench) -> None:
    await bench.announce()
    await bench.learn(REQUESTS)
    costly = rule(
        "costly", "request.department in ['Security', 'Marketing']", "approve", {"tokens": 900}
    )
    result = await run(bench, [costly])
    assert result.verdict == "reject"
    assert any("tokens per run" in reason for reason in result.reasons)
    assert (await bench.ledger()).entries == ()


async def test_a_guardrail_of_the_agent_is_held(tmp_path: Path) -> None:
    """Approving Security and Sales gains nothing on flags that were right."""
    rails = "guardrails: [{name: keep-flags, label: flag, margin: 0.1}]\n"
    world = World(AGENT_YAML + rails)
    async with open_bench(tmp_path, world) as bench:
        await bench.announce()
        await bench.learn(range(160))
        broad = rule(
            "broad",
            "request.department == 'Security' || (request.department == 'Sales' "
            "&& request.amount > 700)",
            "approve",
        )
        result = await run(bench, [broad])
    assert result.verdict == "reject"
    assert any("keep-flags" in reason for reason in result.reasons), result.reasons


async def test_a_guardrail_that_no_sample_here_can_show_is_inconclusive(tmp_path: Path) -> None:
    rails = "guardrails: [{name: tight, label: flag, margin: 0.001}]\n"
    async with open_bench(tmp_path, World(AGENT_YAML + rails)) as bench:
        await bench.announce()
        await bench.learn(REQUESTS)
        result = await run(bench, [SECURITY, MARKETING])
        assert result.verdict == "inconclusive"
        assert "a margin of 0.001 takes" in result.reasons[0]
        assert (await bench.ledger()).entries == ()


async def test_the_report_does_not_depend_on_trace_ids_or_order_of_arrival(tmp_path: Path) -> None:
    reports = []
    for seed, offset in ((1, 1), (2, 70_000)):
        async with open_bench(tmp_path / str(seed), World()) as bench:
            await bench.announce()
            await bench.learn(REQUESTS, trace_offset=offset, order_seed=seed)
            result = await run(bench, [SECURITY, USELESS, MARKETING])
            document = result.model_dump(mode="json", exclude={"finished_at"})
            for flip in document["flips"]:
                flip.pop("trace_id")
            reports.append(document)
    assert reports[0] == reports[1]


async def test_a_baseline_is_run_once_for_all_proposals(bench: Bench) -> None:
    await bench.announce()
    await bench.learn(REQUESTS)
    await run(bench, [HARMFUL])
    await run(bench, [USELESS])
    baseline = bench.world.served.digest
    runs = [one for digest, one in bench.world.replays if digest == baseline]
    assert len(runs) == len(set(runs))
