"""Answers one request under one config."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from examples.procurement.agent import attributes
from examples.procurement.agent.config import AgentConfig
from examples.procurement.agent.graph import Run, build_graph
from examples.procurement.agent.messages import tokens_of
from examples.procurement.agent.reasoner import Reasoner
from examples.procurement.agent.spans import RunSpans, as_json
from examples.procurement.agent.tools import Systems, Toolbox
from examples.procurement.data.model import Money, PurchaseRequest

AGENT = "procurement"
STEPS_MAX = 60


class RunInput(PurchaseRequest):
    """A request with what its department had committed when it came in."""

    budget_committed: Money = 0.0


@dataclass(frozen=True)
class Answered:
    """What one run gave and what it cost."""

    answer: dict[str, Any]
    facts: dict[str, Any]
    fired: str | None
    latency_ms: float
    tokens: int
    tool_calls: int


class Runner:
    """Safe to use for many runs at once: a run shares nothing with another."""

    def __init__(
        self, systems: Systems, reasoner: Reasoner, today: Callable[[], date] = date.today
    ) -> None:
        self._graph = build_graph()
        self._systems = systems
        self._reasoner = reasoner
        self._today = today

    async def run(self, asked: RunInput, config: AgentConfig, spans: RunSpans) -> Answered:
        """Run the graph. Raises what the reasoner raises: a model that does not answer."""
        started = time.perf_counter()
        request = asked.model_dump(mode="json")
        with spans.root(AGENT, request) as root:
            end = await self._graph.ainvoke(
                self._start(asked, request, config, spans), {"recursion_limit": STEPS_MAX}
            )
            answer, facts, fired = end["answer"], end["facts"], end["fired"]
            root.output(answer)
            root.set(
                {
                    attributes.FACTS: as_json(facts),
                    attributes.RULES_FIRED: [fired] if fired else [],
                }
            )
        return Answered(
            answer=answer,
            facts=facts,
            fired=fired,
            latency_ms=(time.perf_counter() - started) * 1_000,
            tokens=tokens_of(end["messages"]),
            tool_calls=end["tool_calls"],
        )

    def _start(
        self, asked: RunInput, request: dict[str, Any], config: AgentConfig, spans: RunSpans
    ) -> Any:
        toolbox = Toolbox(self._systems, config.parameters, config.context, asked.budget_committed)
        return {
            "run": Run(config, self._reasoner, toolbox, spans, self._today()),
            "request": request,
            "messages": [],
            "results": {},
            "turns": 0,
            "tool_calls": 0,
            "draft": None,
        }
