"""Decides with Claude: the system prompt of the config, the tools bound to the model."""

import json
from functools import lru_cache
from typing import Any, cast

from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.runnables import Runnable
from pydantic import BaseModel, Field

from examples.procurement.agent.reasoner import Draft, Turn

MODEL = "claude-sonnet-4-5"
ATTEMPTS_MAX = 3
SECONDS_MAX = 60.0


class check_policy(BaseModel):  # noqa: N801 - the class name is the tool's name
    """What the written policy says: the tier of the amount and who has to approve it."""

    amount: float
    item: str
    vendor: str
    urgency: str


class lookup_vendor(BaseModel):  # noqa: N801
    """The vendor's status, categories and notes, and who is preferred in its category."""

    vendor: str
    item: str = Field(description="What is bought, so that the category can be told.")


class check_budget(BaseModel):  # noqa: N801
    """What the department has left this quarter, and whether the amount fits."""

    department: str
    amount: float


class submit_decision(Draft):  # noqa: N801 - SUBMIT in reasoner.py
    __doc__ = Draft.__doc__


TOOLS = (check_policy, lookup_vendor, check_budget, submit_decision)


class ClaudeReasoner:
    """The key and the address come from ANTHROPIC_API_KEY and ANTHROPIC_BASE_URL."""

    kind = "LLM"

    async def reply(self, turn: Turn) -> AIMessage:
        """One call of the model."""
        config = turn.config
        model = _bound(config.model or MODEL, config.limits.output_tokens_max)
        opening: list[BaseMessage] = [
            SystemMessage(config.prompt),
            HumanMessage(
                "The purchase request, as data:\n" + json.dumps(dict(turn.request), sort_keys=True)
            ),
        ]
        return cast(AIMessage, await model.ainvoke([*opening, *turn.messages]))


@lru_cache(maxsize=16)
def _bound(model: str, output_tokens_max: int) -> Runnable[LanguageModelInput, Any]:
    client = ChatAnthropic(
        model=model,
        max_tokens_to_sample=output_tokens_max,
        max_retries=ATTEMPTS_MAX,
        timeout=SECONDS_MAX,
        stop=None,
    )
    return client.bind_tools(TOOLS, tool_choice="any")
