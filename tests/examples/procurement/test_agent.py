"""The agent obeys its config: prompt, parameters, rules and context."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pawl_sdk.bundle import BundleError, compile_bundle
from pawl_sdk.config import Snapshot

from examples.procurement.agent.config import AgentConfig
from examples.procurement.agent.deterministic import DeterministicReasoner
from examples.procurement.agent.ledger import Ledger
from examples.procurement.agent.policy import PolicyBook
from examples.procurement.agent.runner import Answered, RunInput, Runner
from examples.procurement.agent.tools import Systems
from examples.procurement.agent.wording import Wording
from examples.procurement.data import Case, Policy

Files = Mapping[str, str]
Answer = Callable[..., Awaitable[Answered]]
CALM = {
    "id": "X-1",
    "requester": "A. Person",
    "department": "Sales",
    "item": "CRM seats",
    "vendor": "Ledgerly",
    "amount": 4_000.0,
    "justification": "New hires start next month.",
    "urgency": "routine",
}


@pytest.fixture
def answer(case: Case, snapshot_of: Callable[[Files], Snapshot]) -> Answer:
    """Run one request under the given config files."""
    runner = Runner(Systems.of(case.reference), DeterministicReasoner())

    async def run(files: Files, request: Mapping[str, Any] = CALM) -> Answered:
        asked = RunInput.model_validate(request)
        return await runner.run(asked, snapshot_of(files))

    return run


@pytest.mark.parametrize(
    ("changes", "decision", "basis"),
    [
        ({}, "approve", "within-policy"),
        ({"amount": 5_000.0}, "approve", "within-policy"),
        ({"amount": 5_001.0}, "flag-for-review", "manager-tier"),
        ({"amount": 25_001.0}, "flag-for-review", "vp-tier"),
        ({"vendor": "Fastlane Resellers"}, "reject", "suspended-vendor"),
        ({"vendor": "Nobody Knows Ltd"}, "flag-for-review", "unlisted-vendor"),
        ({"vendor": "Rolodeck"}, "flag-for-review", "other-vendor-preferred"),
        ({"amount": 9_000.0, "urgency": "emergency"}, "approve", "emergency"),
        ({"vendor": "Marlowe & Finch", "item": "pricing study"}, "flag-for-review", "manager-tier"),
        ({"budget_committed": 147_000.0}, "reject", "over-budget"),
        ({"budget_committed": 146_000.0}, "approve", "within-policy"),
    ],
)
async def test_the_written_policy_is_followed(
    answer: Answer, files: Files, changes: dict[str, Any], decision: str, basis: str
) -> None:
    answered = await answer(files, {**CALM, **changes})
    assert (answered.answer["decision"], answered.answer["basis"]) == (decision, basis)
    assert answered.tool_calls == 3


async def test_a_changed_line_of_the_prompt_changes_the_answer(
    answer: Answer, files: Files
) -> None:
    prompt = files["prompts/system.md"]
    changed = prompt.replace("8. Anything else: approve", "8. Anything else: reject")
    assert changed != prompt
    answered = await answer({**files, "prompts/system.md": changed})
    assert answered.answer["decision"] == "reject"


async def test_a_prompt_without_a_decision_list_sends_everything_to_a_person(
    answer: Answer, files: Files
) -> None:
    answered = await answer({**files, "prompts/system.md": "Be kind.\n"})
    assert answered.answer["decision"] == "flag-for-review"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("auto_max: null ", "auto_max: 3000 "),
        ("caution: 0.0 ", "caution: 0.3 "),
        ("confidence_min: 0.0 ", "confidence_min: 0.7 "),
    ],
)
async def test_parameters_are_obeyed(answer: Answer, files: Files, before: str, after: str) -> None:
    changed = files["agent.yaml"].replace(before, after)
    assert changed != files["agent.yaml"]
    answered = await answer({**files, "agent.yaml": changed})
    assert answered.answer["decision"] == "flag-for-review"


async def test_the_first_rule_that_fires_goes_over_the_draft(answer: Answer, files: Files) -> None:
    rules = """rules:
- {id: old, when: "true", then: {decision: flag-for-review}, added: 2020-01-01, expires: 2020-02-01}
- id: sales
  when: request.department == "Sales" && request.amount > 3000
  then: {decision: reject}
  because: Sales spends too much
  added: 2026-01-01
- {id: later, when: "true", then: {decision: flag-for-review}, added: 2026-01-01}
"""
    answered = await answer({**files, "rules.yaml": rules})
    assert answered.fired == "sales"
    assert answered.answer["decision"] == "reject"
    assert answered.answer["reasoning"] == "Sales spends too much"
    assert answered.facts["draft"]["decision"] == "approve"


async def test_context_is_laid_over_the_tool_results(answer: Answer, files: Files) -> None:
    context = "Ledgerly:\n  status: suspended\n  notes: double-billed\n  owed: true\n"
    answered = await answer({**files, "context/vendors.yaml": context})
    assert answered.answer["decision"] == "reject"
    assert answered.facts["vendor"]["notes"] == "double-billed"
    assert answered.facts["vendor"]["owed"] is True


async def test_every_run_has_the_same_fields_of_facts_and_no_request_id(
    answer: Answer, case: Case, files: Files
) -> None:
    shapes = set()
    for request in case.requests:
        facts = (await answer(files, request.model_dump())).facts
        shapes.add(tuple(sorted((name, *sorted(part)) for name, part in facts.items())))
        assert request.id not in str(facts)
    assert len(shapes) == 1


@pytest.mark.parametrize(
    ("path", "before", "after", "told"),
    [
        ("agent.yaml", "check_budget]", "check_mood]", "check_mood"),
        ("agent.yaml", "caution: 0.0 ", "caution: much ", "parameters.caution"),
    ],
)
def test_a_bundle_that_the_agent_cannot_run_is_refused(
    files: Files, path: str, before: str, after: str, told: str
) -> None:
    bundle = compile_bundle("procurement", {**files, path: files[path].replace(before, after)})
    with pytest.raises(BundleError, match=told):
        AgentConfig.build(bundle)


def test_approvals_are_committed_once_and_survive_a_restart(tmp_path: Path) -> None:
    journal = tmp_path / "ledger.jsonl"
    ledger = Ledger(journal)
    for _ in range(2):
        ledger.settle("q1", "Sales", "A", 100.0)
    ledger.settle("q1", "Sales", "B", 50.0)
    ledger.settle("q2", "Sales", "C", 1.0)
    journal.write_text(journal.read_text() + '["q1", "Sa')
    again = Ledger(journal)
    assert again.committed("q1", "Sales", "B") == 100.0
    assert again.committed("q1", "Sales", "new") == 150.0
    again.settle("q1", "Sales", "A", 0.0)
    assert Ledger(journal).committed("q1", "Sales", "new") == 50.0


@pytest.mark.parametrize(
    "policies",
    [
        [("Tiers", ["Up to $4,000: auto-approved", "$4,001 - $20k: manager", "Above 20k: VP"])],
        [("Tiers", "up to 4,000 auto-approved, to 20,000 manager, above that VP")],
        [("Tiers", {"auto_approve_max": 4000, "manager_max": 20000, "vp_above": 20000})],
        [("Tiers", {"manager_approval_threshold": 4000, "vp_approval_threshold": 20000})],
        [("Tiers", {"tiers": [{"max": 4000, "by": "auto"}, {"max": 20000, "by": "manager"}]})],
        [
            ("Tiers", {"auto": {"max": 4000}, "manager": {"max": 20000}, "vp": {"min": 20000}}),
            ("Consulting", ["Always a manager", "VP over 50,000"]),
        ],
    ],
)
def test_tiers_are_read_from_prose_and_from_objects(policies: list[tuple[str, Any]]) -> None:
    read = PolicyBook.read(Policy(name=name, rules=rules) for name, rules in policies)
    assert (read.auto_max, read.manager_max) == (4_000, 20_000)
    assert read.consulting_manager_max == 50_000
    assert read.tier(30_000, consulting=True) == "manager"


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("Annual renewal, the price goes up by 12 percent.", 12),
        ("Renewal with a 7.5 % increase.", 7.5),
        ("Renewal; the vendor asks 25% more than last year.", 25),
        ("Renewal. Last year we paid 8,000.", 25),
        ("Annual renewal at the same price.", 0),
    ],
)
def test_the_increase_of_a_renewal_is_read_from_its_words(text: str, percent: float) -> None:
    wording = Wording.read("log plan", text, amount=10_000)
    assert wording.is_renewal
    assert wording.price_increase_percent == percent


def test_quantity_and_term_are_read_from_the_words() -> None:
    wording = Wording.read("40 CRM seats", "For a three-year term, the team grows.", 9_000)
    assert (wording.quantity, wording.term_months, wording.is_renewal) == (40, 36, False)


@pytest.mark.parametrize(
    ("changes", "decision", "basis"),
    [
        ({"amount": -1_250.0}, "approve", "within-policy"),
        ({"amount": -1_250.0, "budget_committed": 200_000.0}, "approve", "within-policy"),
        ({"amount": 0.0}, "approve", "within-policy"),
        ({"amount": 100.0, "budget_committed": -900.0}, "approve", "within-policy"),
        ({"urgency": "someday"}, "approve", "within-policy"),
        ({"vendor": "", "item": "", "requester": ""}, "flag-for-review", "unlisted-vendor"),
        ({"department": "", "urgency": "", "justification": ""}, "approve", "within-policy"),
    ],
)
async def test_a_credit_and_missing_or_odd_values_are_answered(
    answer: Answer, files: Files, changes: dict[str, Any], decision: str, basis: str
) -> None:
    answered = await answer(files, {**CALM, **changes})
    assert (answered.answer["decision"], answered.answer["basis"]) == (decision, basis)
    stated = {name: value for name, value in changes.items() if name != "budget_committed"}
    assert stated.items() <= answered.facts["request"].items()


@pytest.mark.parametrize(
    "text",
    [
        "Renewal of the contract, before 000.",
        "Renewal, was 0,000 and goes up",
        f"{'9' * 5_000} seats for {'9' * 5_000} months, up {'9' * 5_000} %",
        f"renewal for {'9' * 5_000} years, last year {'9' * 5_000}",
    ],
)
@pytest.mark.parametrize("amount", [-500.0, 0.0, 900.0])
def test_no_wording_breaks_a_run(text: str, amount: float) -> None:
    told = Wording.read("seats", text, amount)
    figures = (told.price_increase_percent, told.quantity, told.term_months)
    assert all(0 <= figure < 1e14 for figure in figures)


def test_a_credit_gives_its_department_money_back() -> None:
    ledger = Ledger()
    ledger.settle("Q1", "Sales", "R-1", 900.0)
    ledger.settle("Q1", "Sales", "R-2", -1_000.0)
    assert ledger.committed("Q1", "Sales", "R-3") == -100.0
