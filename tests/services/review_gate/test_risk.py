"""The highest part that a change touches decides its risk."""

from collections.abc import Mapping

import pytest
from pawl_sdk.bundle import compile_bundle

from libs.testkit.proposals import FILES
from services.review_gate.domain.errors import NotAllowedError
from services.review_gate.domain.policy import Policy
from services.review_gate.domain.risk import Assessment, assess

RULE = 'rules:\n- {id: r, when: "true", then: {decision: approve}, added: 2026-01-31}\n'


def risk_of(changes: Mapping[str, str]) -> Assessment:
    before = compile_bundle("procurement", FILES)
    return assess(before, compile_bundle("procurement", {**FILES, **changes}))


def agent_yaml(old: str, new: str) -> dict[str, str]:
    assert old in FILES["agent.yaml"]
    return {"agent.yaml": FILES["agent.yaml"].replace(old, new)}


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({"rules.yaml": RULE}, "low"),
        ({"context/vendors.yaml": "CloudNine: {status: suspended}\n"}, "low"),
        ({"prompts/system.md": "Approve more.\n"}, "medium"),
        (agent_yaml("temperature: 0", "temperature: 1"), "medium"),
        (agent_yaml("claude-sonnet-4-5", "claude-opus-4-1"), "medium"),
        (agent_yaml("margin: 0.02", "margin: 0.5"), "high"),
        (agent_yaml("tool_calls: 8", "tool_calls: 80"), "high"),
        (agent_yaml("check_budget]", "check_budget, pay]"), "high"),
        (agent_yaml("[requester, vendor, item]", "[requester]"), "high"),
        ({"evaluators/tone.yaml": "labels: [good, bad]\n"}, "high"),
        ({"evaluators/tone.yaml": "labels: [good]\n", "rules.yaml": RULE}, "high"),
        ({"rules.yaml": RULE, "prompts/system.md": "x\n"}, "medium"),
    ],
)
def test_the_class_follows_the_most_dangerous_part(changes: dict[str, str], level: str) -> None:
    assert risk_of(changes).level == level


def test_reasons_name_every_part_with_the_worst_first() -> None:
    reasons = risk_of({"evaluators/tone.yaml": "labels: [good]\n", "rules.yaml": RULE}).reasons
    assert [reason.partition(":")[0] for reason in reasons] == ["evaluators", "rules"]


def test_a_comment_is_no_risk() -> None:
    changed = {"agent.yaml": "# why we chose this model\n" + FILES["agent.yaml"]}
    assert risk_of(changed) == Assessment("low", ())


@pytest.mark.parametrize("name", ["pawl-bot", "Pawl-Bot"])
def test_the_bot_never_decides(name: str) -> None:
    with pytest.raises(NotAllowedError, match="never decides"):
        Policy().check(name, "low")


def test_everybody_decides_when_nobody_is_named() -> None:
    Policy().check("ada", "high")


def test_only_those_named_decide_and_high_risk_has_its_own_list() -> None:
    policy = Policy(reviewers=frozenset({"ada", "bo"}), reviewers_high_risk=frozenset({"ada"}))
    policy.check("bo", "medium")
    with pytest.raises(NotAllowedError, match="allowed are ada, bo"):
        policy.check("mallory", "low")
    with pytest.raises(NotAllowedError, match="allowed are ada "):
        policy.check("bo", "high")
