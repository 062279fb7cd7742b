"""What a statistical proposal promises: minimal, deterministic, and it mends what was learned."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pawl_sdk.bundle import apply_edits, compile_bundle

from libs.contracts.api import ConfigFiles, ExampleView
from services.miner.domain.brief import Brief
from services.miner.domain.drafting import draft_statistically
from services.miner.domain.standing import answers_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AGENT = (
    "name: buyer\ntask:\n  label: decision\n  labels: [approve, reject]\n"
    "# people wrote the lines above\n"
)
RULES = """\
# learned rules
rules:
  - id: r-old
    when: request.vendor == "Birch"
    then: {decision: reject}
    because: Birch was late once.
    added: 2025-06-01
  - id: r-good
    when: request.vendor == "Dune"
    then: {decision: reject}
    because: Dune overcharges.
    added: 2025-06-01
"""


def example(number: int, wanted: dict[str, str], trace: str = "") -> ExampleView:
    vendor = ("Acme", "Birch", "Cobalt", "Dune")[number % 4]
    document = {"vendor": vendor, "amount": 100 * (number % 11)}
    return ExampleView(
        example_key=f"q{number:03d}",
        agent="buyer",
        group=f"g{number}",
        split="mine",
        trace_id=trace or f"{number:032x}",
        input=document,
        expected=wanted.get(vendor, "approve"),
        answered="approve",
        facts={"request": document, "draft": {"decision": "approve"}},
        precedent=f"{vendor.lower()}-habit" if vendor in wanted else None,
    )


def brief(examples: Sequence[ExampleView], rules: str = "rules: []\n") -> Brief:
    files = {"agent.yaml": AGENT, "rules.yaml": rules}
    digest = compile_bundle("buyer", files).digest
    return Brief(
        agent="buyer",
        mining_run_id="m1",
        config=ConfigFiles(agent="buyer", commit="a" * 40, digest=digest, files=files),
        clusters=(),
        examples=tuple(examples),
        ledger=None,
        refused=(),
        now=NOW,
    )


def test_equal_decisions_give_equal_proposals_whatever_the_traces_and_their_order() -> None:
    wanted = {"Acme": "reject", "Cobalt": "reject"}
    first = draft_statistically(brief([example(n, wanted) for n in range(48)]))
    others = [example(n, wanted, trace=f"{n + 7777:032x}") for n in range(48)]
    random.Random(3).shuffle(others)
    again = draft_statistically(brief(others))
    assert first
    assert [one.proposal_id for one in again] == [one.proposal_id for one in first]
    assert [one.diff for one in again] == [one.diff for one in first]
    assert [one.edits for one in again] == [one.edits for one in first]


def test_a_learned_rule_that_reviewers_overrule_is_taken_out() -> None:
    wanted = {"Dune": "reject", "Acme": "reject"}
    given = brief([example(n, wanted) for n in range(48)], RULES)
    first = draft_statistically(given)[0]
    assert first.edits[0] == {"op": "remove_rule", "rule_id": "r-old"}
    assert (first.evidence[0].wins, first.evidence[0].losses) == (12, 0)
    after = compile_bundle("buyer", apply_edits(given.config.files, first.edits))
    assert "r-good" in {rule.id for rule in after.rules}
    right = answers_of(after, given.examples, NOW.date())
    assert all(one.answered == one.expected for one in right)


def test_one_overruled_case_takes_no_rule_out() -> None:
    examples = [example(n, {"Dune": "reject", "Birch": "reject"}) for n in range(48)]
    slip = examples[1].model_copy(update={"expected": "approve"})
    assert slip.facts["request"]["vendor"] == "Birch"
    assert draft_statistically(brief([*examples[:1], slip, *examples[2:]], RULES)) == []


def test_answers_are_those_of_the_config_on_main_not_of_the_run_that_was_reviewed() -> None:
    """The last run may be older than the last release: what is mended is not mended twice."""
    examples = [example(n, {"Dune": "reject", "Birch": "reject"}) for n in range(48)]
    assert any(one.answered != one.expected for one in examples)
    assert draft_statistically(brief(examples, RULES)) == []


def test_a_task_without_a_label_is_left_alone() -> None:
    given = brief([example(n, {"Acme": "reject"}) for n in range(48)])
    files: dict[str, Any] = {"agent.yaml": "name: buyer\n", "rules.yaml": "rules: []\n"}
    config = given.config.model_copy(update={"files": files})
    assert draft_statistically(Brief(**{**vars(given), "config": config})) == []
