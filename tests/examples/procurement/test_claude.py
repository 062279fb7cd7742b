"""The Claude reasoner against a local stand-in for the Anthropic API."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from pawl_sdk.config import Snapshot

from examples.procurement.agent import claude
from examples.procurement.agent.choice import choose_reasoner
from examples.procurement.agent.claude import ClaudeReasoner
from examples.procurement.agent.deterministic import DeterministicReasoner
from examples.procurement.agent.runner import Answered, RunInput, Runner
from examples.procurement.agent.tools import Systems
from examples.procurement.data import Case
from libs.testkit.fake_providers import FakeProviders, Reply, ToolUse

Files = Mapping[str, str]
SnapshotOf = Callable[[Files], Snapshot]
Answer = Callable[..., Awaitable[Answered]]
DECISION = {"decision": "reject", "confidence": 0.8, "reasoning": "No need is shown."}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Any:
    claude._bound.cache_clear()
    with FakeProviders() as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.anthropic_url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "test")
        yield server
    claude._bound.cache_clear()


@pytest.fixture
def answer(case: Case, files: Files, snapshot_of: SnapshotOf) -> Answer:
    """Run the first request of the case through Claude."""
    runner = Runner(Systems.of(case.reference), ClaudeReasoner())
    asked = RunInput(**case.requests[0].model_dump())

    async def run(**changed: str) -> Answered:
        snapshot = snapshot_of(
            {**files, **{f"{name}.yaml": text for name, text in changed.items()}}
        )
        return await runner.run(asked, snapshot)

    return run


async def test_claude_gets_prompt_request_and_tool_results_and_its_decision_is_the_answer(
    fake: FakeProviders, case: Case, answer: Answer
) -> None:
    request = case.requests[0]
    lookup = ToolUse("lookup_vendor", {"vendor": request.vendor, "item": request.item})
    fake.queue(Reply(tools=(lookup,)), Reply(tools=(ToolUse("submit_decision", DECISION),)))
    answered = await answer()
    assert answered.answer["decision"] == "reject"
    assert answered.answer["reasoning"] == "No need is shown."
    assert answered.tokens == 2 * (120 + 18)
    assert answered.tool_calls == 1
    first, second = (received.body for received in fake.requests)
    assert "How to decide" in json.dumps(first["system"])
    assert request.justification in json.dumps(first["messages"])
    assert {tool["name"] for tool in first["tools"]} == {
        "check_policy",
        "lookup_vendor",
        "check_budget",
        "submit_decision",
    }
    result = second["messages"][-1]["content"][0]
    assert result["type"] == "tool_result"
    assert json.loads(result["content"])["name"] == request.vendor


async def test_learned_rules_have_the_last_word_over_claude(
    fake: FakeProviders, answer: Answer
) -> None:
    rules = (
        "rules:\n- id: yes\n  when: draft.decision == 'reject' && vendor.category != ''\n"
        "  then: {decision: approve}\n  because: she said so\n  added: 2026-01-01\n"
    )
    fake.queue(Reply(tools=(ToolUse("submit_decision", DECISION),)))
    answered = await answer(rules=rules)
    assert answered.answer["decision"] == "approve"
    assert answered.fired == "yes"


async def test_a_wrong_tool_call_is_told_to_claude_and_not_raised(
    fake: FakeProviders, case: Case, answer: Answer
) -> None:
    wrong = ToolUse("submit_decision", {"decision": "perhaps"})
    fake.queue(
        Reply(tools=(ToolUse("check_budget", {"amount": 5}), wrong)),
        Reply(tools=(ToolUse("submit_decision", DECISION),)),
    )
    answered = await answer()
    assert answered.answer["decision"] == "reject"
    told = fake.requests[1].body["messages"][-1]["content"]
    assert all("could not run" in json.dumps(block) for block in told)


async def test_without_a_decision_in_the_turns_allowed_a_person_has_to_look(
    fake: FakeProviders, case: Case, answer: Answer
) -> None:
    fake.queue(*(Reply(text="Let me think.") for _ in range(8)))
    answered = await answer()
    assert answered.answer["decision"] == "flag-for-review"
    assert answered.answer["basis"] == "no-decision"
    assert len(fake.requests) == 8


def test_claude_is_used_only_when_a_key_or_an_address_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.delenv("ANTHROPIC_BASE_URL", raising=False)
    assert isinstance(choose_reasoner(), DeterministicReasoner)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
    assert isinstance(choose_reasoner(), ClaudeReasoner)
