"""What stands at the centre of the graph: something that asks for tools and then decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import BaseModel, ConfigDict, Field

from examples.procurement.agent.config import AgentConfig

SUBMIT = "submit_decision"


class Draft(BaseModel):
    """Give the decision on the purchase request. Call this once, after the tools."""

    model_config = ConfigDict(frozen=True)

    decision: Literal["approve", "reject", "flag-for-review"]
    confidence: float = Field(ge=0, le=1, description="How sure you are, from 0 to 1.")
    reasoning: str = Field(description="Why, in one or two sentences.")
    basis: str = Field(
        default="model", description="The situation of the decision list, in two or three words."
    )


@dataclass(frozen=True)
class Turn:
    """What the reasoner may look at. `results` are the tools' results so far, by tool."""

    request: Mapping[str, Any]
    config: AgentConfig
    messages: Sequence[BaseMessage]
    results: Mapping[str, Mapping[str, Any]]


class Reasoner(Protocol):
    """Answers with tool calls: the tools, or `submit_decision` with a `Draft`."""

    kind: str
    """OpenInference kind of its spans: LLM or CHAIN."""

    async def reply(self, turn: Turn) -> AIMessage: ...
