"""Decides without a model: the prompt's decision list over the results of the tools."""

from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessage

from examples.procurement.agent.prompt import Results, Situation, first_that_holds
from examples.procurement.agent.reasoner import SUBMIT, Draft, Turn
from examples.procurement.agent.weights import Parameters

FIRM_CONFIDENCE = 0.95
CLOSE_CONFIDENCE = 0.6
"""Confidence right at the limit of a tier."""


class DeterministicReasoner:
    """Same request, same config: same answer."""

    kind = "CHAIN"

    async def reply(self, turn: Turn) -> AIMessage:
        """First all tools at once, then the decision."""
        if not turn.results:
            return AIMessage(content="", tool_calls=ask_all(turn.request))
        draft = decide(turn.config.prompt, turn.config.parameters, turn.results)
        call = {"name": SUBMIT, "args": draft.model_dump(), "id": "decide"}
        return AIMessage(content="", tool_calls=[call])


def ask_all(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    wanted = {
        "check_policy": ("amount", "item", "vendor", "urgency"),
        "lookup_vendor": ("vendor", "item"),
        "check_budget": ("department", "amount"),
    }
    return [
        {"name": name, "args": {field: request[field] for field in fields}, "id": name}
        for name, fields in wanted.items()
    ]


def decide(prompt: str, parameters: Parameters, results: Results) -> Draft:
    """The first situation that holds; a decision below `confidence_min` goes to a person."""
    situation, decision = first_that_holds(prompt, results)
    confidence = _confidence(situation, results)
    reasoning = f"{decision}: {situation.says}."
    if confidence < parameters.confidence_min:
        decision, reasoning = "flag-for-review", f"{reasoning} Not sure enough to decide alone."
    return Draft.model_validate(
        {
            "decision": decision,
            "confidence": confidence,
            "reasoning": reasoning,
            "basis": situation.basis,
        }
    )


def _confidence(situation: Situation, results: Results) -> float:
    """Lower where a little more or less money would change the tier."""
    if situation.basis not in ("within-policy", "manager-tier"):
        return FIRM_CONFIDENCE
    distance = abs(float(results["check_policy"]["auto_max_share"]) - 1)
    return round(CLOSE_CONFIDENCE + (FIRM_CONFIDENCE - CLOSE_CONFIDENCE) * min(1.0, distance), 2)
