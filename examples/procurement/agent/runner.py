"""Answers one request under one config."""

import time
from dataclasses import dataclass
from typing import Annotated, Any

from opentelemetry.trace import NoOpTracer, Tracer
from pawl_sdk.config import Snapshot
from pawl_sdk.tracing import agent_run
from pydantic import Field

from examples.procurement.agent.config import AgentConfig
from examples.procurement.agent.graph import Run, build_graph
from examples.procurement.agent.messages import tokens_of
from examples.procurement.agent.names import AGENT
from examples.procurement.agent.reasoner import Reasoner
from examples.procurement.agent.spans import RunSpans
from examples.procurement.agent.tools import Systems, Toolbox
from examples.procurement.data.model import PurchaseRequest

STEPS_MAX = 60
Committed = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""Below zero when credits were more than purchases."""


class RunInput(PurchaseRequest):
    """A request with what its department had committed when it came in."""

    budget_committed: Committed = 0.0


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

    def __init__(self, systems: Systems, reasoner: Reasoner, tracer: Tracer | None = None) -> None:
        self._graph = build_graph()
        self._systems = systems
        self._reasoner = reasoner
        self._tracer = tracer or NoOpTracer()

    async def run(self, asked: RunInput, snapshot: Snapshot, session_id: str = "") -> Answered:
        """Run the graph. Raises what the reasoner raises: a model that does not answer."""
        started = time.perf_counter()
        request = asked.model_dump(mode="json")
        tracer = self._tracer
        with agent_run(AGENT, request, session_id=session_id or None, tracer=tracer) as run:
            end = await self._graph.ainvoke(
                self._start(asked, request, snapshot), {"recursion_limit": STEPS_MAX}
            )
            tokens = tokens_of(end["messages"])
            run.facts(end["facts"])
            run.fired(end["fired"])
            run.output(end["answer"])
            run.count(tokens=tokens, tool_calls=end["tool_calls"])
        return Answered(
            answer=end["answer"],
            facts=end["facts"],
            fired=end["fired"],
            latency_ms=(time.perf_counter() - started) * 1_000,
            tokens=tokens,
            tool_calls=end["tool_calls"],
        )

    async def replay(self, snapshot: Snapshot, given: Any) -> dict[str, Any]:
        """For `pawl_sdk.replay`: the same graph on a recorded input. Commits no budget."""
        return (await self.run(RunInput.model_validate(given), snapshot)).answer

    def _start(self, asked: RunInput, request: dict[str, Any], snapshot: Snapshot) -> Any:
        config: AgentConfig = snapshot.built
        toolbox = Toolbox(self._systems, snapshot, config.parameters, asked.budget_committed)
        spans = RunSpans(self._tracer)
        return {
            "run": Run(snapshot, config, self._reasoner, toolbox, spans),
            "request": request,
            "messages": [],
            "results": {},
            "turns": 0,
            "tool_calls": 0,
            "draft": None,
        }
