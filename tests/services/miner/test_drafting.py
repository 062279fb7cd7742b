"""What a statistical proposal promises: the whole list, learned anew, as edits that stand alone."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from pawl_sdk.bundle import RuleSet, apply_edits, compile_bundle

from libs.contracts.api import ConfigFiles, ExampleView
from services.miner.domain.brief import Brief
from services.miner.domain.drafting import draft_statistically

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
        position=number + 1,
        review_id=f"fb-{number}",
        recorded_at=NOW,
        example_key=f"q{number:03d}",
        agent="buyer",
        group=f"g{number}",
        trace_id=trace or f"{number:032x}",
        input=document,
        expected=wanted.get(vendor, "approve"),
        answered="approve",
        facts={"request": document, "draft": {"decision": "approve"}},
        precedent=f"{vendor.lower()}-habit" if vendor in wanted else None,
    )


def brief(
    examples: Sequence[ExampleView],
    rules: str = "rules: []\n",
    refused: tuple[tuple[dict[str, Any], ...], ...] = (),
) -> Brief:
    files = {"agent.yaml": AGENT, "rules.yaml": rules}
    digest = compile_bundle("buyer", files).digest
    return Brief(
        agent="buyer",
        mining_run_id="m1",
        config=ConfigFiles(agent="buyer", commit="a" * 40, digest=digest, files=files),
        clusters=(),
        examples=tuple(examples),
        refused=refused,
        now=NOW,
    )


def after(given: Brief, edits: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The files with these edits; raises where they do not fit together."""
    files = apply_edits(given.config.files, edits)
    compile_bundle("buyer", files)
    return files


def said_by(given: Brief, files: dict[str, str]) -> list[tuple[Any, Any]]:
    """Answers of a config on every example, beside what was wanted."""
    rules = RuleSet(compile_bundle("buyer", files).rules)
    return [
        (rules.evaluate(one.facts, NOW.date()).answer.get("decision"), one.expected)
        for one in given.examples
    ]


def test_equal_decisions_give_equal_proposals_whatever_the_traces() -> None:
    wanted = {"Acme": "reject", "Cobalt": "reject"}
    first = draft_statistically(brief([example(n, wanted) for n in range(48)]))
    again = draft_statistically(
        brief([example(n, wanted, trace=f"{n + 7777:032x}") for n in range(48)])
    )
    assert len(first) == 1, "one proposal: the whole list"
    assert first[0].learned_through == 48
    assert [one.proposal_id for one in again] == [one.proposal_id for one in first]
    assert [one.diff for one in again] == [one.diff for one in first]


def test_the_list_is_learned_anew_what_stays_is_kept_and_what_is_outdated_goes() -> None:
    """Reviewers changed their mind about Acme: its rule goes, Dune's stays, Birch's comes."""
    before = brief([example(n, {"Acme": "reject", "Dune": "reject"}) for n in range(48)])
    [first] = draft_statistically(before)
    files = after(before, first.edits)
    wanted = {"Dune": "reject", "Birch": "reject"}
    given = brief([example(n, wanted) for n in range(48)], files["rules.yaml"])
    [second] = draft_statistically(given)
    operations = {str(edit["op"]): edit for edit in second.edits}
    assert set(operations) == {"add_rule", "remove_rule"}
    old = {rule.id: rule for rule in compile_bundle("buyer", files).rules}
    assert "Acme" in old[operations["remove_rule"]["rule_id"]].when
    assert "Birch" in operations["add_rule"]["rule"]["when"]
    assert all(said == wished for said, wished in said_by(given, after(given, second.edits)))
    evidence = {one.edit_index: one for one in second.evidence}
    gone = list(second.edits).index(operations["remove_rule"])
    assert (evidence[gone].wins, evidence[gone].losses) == (12, 0)
    assert "reviewers overrule it" in evidence[gone].plain


def test_each_edit_is_valid_when_any_other_is_left_out() -> None:
    before = brief([example(n, {"Acme": "reject", "Dune": "reject"}) for n in range(48)], RULES)
    [first] = draft_statistically(before)
    files = after(before, first.edits)
    wanted = {"Acme": "reject", "Birch": "reject", "Cobalt": "reject"}
    given = brief([example(n, wanted) for n in range(48)], files["rules.yaml"])
    [second] = draft_statistically(given)
    assert len(second.edits) >= 3
    for out in range(len(second.edits)):
        rest = [edit for n, edit in enumerate(second.edits) if n != out]
        assert after(given, rest)


def test_a_rule_of_a_person_that_reviewers_overrule_is_taken_out() -> None:
    wanted = {"Dune": "reject", "Acme": "reject"}
    given = brief([example(n, wanted) for n in range(48)], RULES)
    [first] = draft_statistically(given)
    assert first.edits[0] == {"op": "remove_rule", "rule_id": "r-old"}
    assert (first.evidence[0].wins, first.evidence[0].losses) == (12, 0)
    files = after(given, first.edits)
    assert "r-good" in {rule.id for rule in compile_bundle("buyer", files).rules}
    assert all(said == wished for said, wished in said_by(given, files))


def test_what_is_mended_already_is_not_mended_twice() -> None:
    """The last runs may be older than the last release: what counts is the config on main."""
    examples = [example(n, {"Dune": "reject", "Birch": "reject"}) for n in range(48)]
    assert any(one.answered != one.expected for one in examples)
    assert draft_statistically(brief(examples, RULES)) == []


def test_what_was_refused_is_not_proposed_again() -> None:
    """Whatever its evidence says by now; a longer list is another change."""
    examples = [example(n, {"Acme": "reject"}) for n in range(48)]
    [first] = draft_statistically(brief(examples))
    later = [*examples, *(example(n, {"Acme": "reject"}) for n in range(48, 60))]
    assert draft_statistically(brief(later, refused=(first.edits,))) == []
    more = [example(n, {"Acme": "reject", "Dune": "reject"}) for n in range(60)]
    assert draft_statistically(brief(more, refused=(first.edits,)))


@pytest.mark.parametrize(("yes", "no"), [(True, False), (1, 0)])
def test_labels_that_are_no_text_keep_their_type(yes: Any, no: Any) -> None:
    """A rule that answers "True" would never be right."""
    examples = [
        one.model_copy(
            update={
                "expected": yes if one.expected == "reject" else no,
                "answered": no,
                "facts": one.facts | {"draft": {"decision": no}},
            }
        )
        for one in (example(n, {"Acme": "reject"}) for n in range(48))
    ]
    given = brief(examples)
    files = {"agent.yaml": "name: buyer\ntask:\n  label: decision\n", "rules.yaml": "rules: []\n"}
    config = given.config.model_copy(update={"files": files})
    [proposal] = draft_statistically(Brief(**{**vars(given), "config": config}))
    answers = [edit["rule"]["then"]["decision"] for edit in proposal.edits]
    assert [(type(one), one) for one in answers] == [(type(yes), yes)]


def test_a_task_without_a_label_is_left_alone() -> None:
    given = brief([example(n, {"Acme": "reject"}) for n in range(48)])
    files: dict[str, Any] = {"agent.yaml": "name: buyer\n", "rules.yaml": "rules: []\n"}
    config = given.config.model_copy(update={"files": files})
    assert draft_statistically(Brief(**{**vars(given), "config": config})) == []


def test_without_a_draft_in_the_facts_learned_rules_stay_and_new_ones_come_before_them() -> None:
    """What the agent would say without its rules is not known: nothing is concluded from it."""
    wanted = {"Acme": "reject", "Cobalt": "reject"}
    first = draft_statistically(brief([bare(example(n, {"Acme": "reject"})) for n in range(48)]))
    files = apply_edits({"agent.yaml": AGENT, "rules.yaml": "rules: []\n"}, first[0].edits)
    rules = compile_bundle("buyer", files).rules
    assert [rule.then for rule in rules] == [{"decision": "reject"}]
    later = [
        bare(example(n, wanted)).model_copy(
            update={"answered": "reject" if n % 4 == 0 else "approve"}
        )
        for n in range(48)
    ]
    [again] = draft_statistically(brief(later, files["rules.yaml"]))
    assert [edit["op"] for edit in again.edits] == ["add_rule"]
    assert again.edits[0]["before"] == rules[0].id
    after = compile_bundle("buyer", apply_edits(files, again.edits)).rules
    assert [rule.id for rule in after][-1] == rules[0].id


def bare(view: ExampleView) -> ExampleView:
    return view.model_copy(update={"facts": {"request": view.facts["request"]}})
