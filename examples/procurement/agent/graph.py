"""The LangGraph graph: reason, act, reason again, then the learned rules have the last word."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from pawl_sdk.config import Snapshot
from pydantic import ValidationError

from examples.procurement.agent import facts
from examples.procurement.agent.config import AgentConfig
from examples.procurement.agent.deterministic import ask_all
from examples.procurement.agent.reasoner import SUBMIT, Draft, Reasoner, Turn
from examples.procurement.agent.spans import RunSpans
from examples.procurement.agent.text import as_json
from examples.procurement.agent.tools import Toolbox

Json = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """What one run is pinned to from start to end."""

    snapshot: Snapshot
    config: AgentConfig
    reasoner: Reasoner
    toolbox: Toolbox
    spans: RunSpans


class State(TypedDict, total=False):
    """`draft` is the reasoner's decision, `answer` the one with the rules over it."""

    run: Run
    request: Mapping[str, Any]
    messages: list[BaseMessage]
    results: dict[str, Json]
    turns: int
    tool_calls: int
    draft: Json | None
    facts: Json
    answer: Json
    fired: str | None


async def reason(state: State) -> State:
    """One turn of the reasoner."""
    run, messages = state["run"], state["messages"]
    turn = Turn(state["request"], run.config, messages, state["results"])
    with run.spans.reasoning(run.reasoner.kind, turn) as span:
        reply = await run.reasoner.reply(turn)
        span.replied(reply)
    return {"messages": [*messages, reply], "turns": state["turns"] + 1, "draft": _draft(reply)}


def _draft(reply: AIMessage) -> Json | None:
    for call in reply.tool_calls:
        if call["name"] == SUBMIT:
            try:
                return Draft.model_validate(call["args"]).model_dump()
            except ValidationError:
                return None
    return None


def after_reason(state: State) -> str:
    """Decide when there is a draft or no turn left."""
    limit = state["run"].config.limits.turns_max
    if state["draft"] is not None or state["turns"] >= limit:
        return "decide"
    return "act"


async def act(state: State) -> State:
    """Run every tool that the last message asked for, in its order."""
    last = state["messages"][-1]
    calls = last.tool_calls if isinstance(last, AIMessage) else []
    results, answers = dict(state["results"]), list[BaseMessage]()
    for call in calls:
        content = _run_tool(state["run"], call["name"], call["args"], results)
        answers.append(ToolMessage(content, tool_call_id=call["id"] or call["name"]))
    if not calls:
        answers.append(HumanMessage(f"Call the tools, then {SUBMIT}."))
    return {
        "messages": [*state["messages"], *answers],
        "results": results,
        "tool_calls": state["tool_calls"] + len(calls),
    }


def _run_tool(run: Run, name: str, arguments: Json, results: dict[str, Json]) -> str:
    """The result as the reasoner reads it; a call that cannot work is told, not raised."""
    with run.spans.tool(name, arguments) as span:
        try:
            results[name] = run.toolbox.call(name, arguments)
        except (KeyError, TypeError, ValueError) as error:
            told = f"{name} could not run: {error!r}"
            span.failed(told)
            return told
        span.output(results[name])
        return as_json(results[name])


async def decide(state: State) -> State:
    """Lay the first rule that fires over the draft."""
    run = state["run"]
    draft = state["draft"] or _undecided()
    gathered = facts.gather(state["request"], _complete(state), draft)
    with run.spans.rules(gathered) as span:
        outcome = run.snapshot.apply_rules(gathered)
        answer = {**draft, **outcome.answer}
        if outcome.fired is not None:
            answer = {**answer, "reasoning": run.config.because[outcome.fired]}
            answer["basis"] = f"rule:{outcome.fired}"
        span.output(answer)
    return {"facts": gathered, "answer": answer, "fired": outcome.fired}


def _undecided() -> Json:
    reasoning = "No decision came within the turns allowed: a person has to look."
    return Draft(
        decision="flag-for-review", confidence=0.0, reasoning=reasoning, basis="no-decision"
    ).model_dump()


def _complete(state: State) -> dict[str, Json]:
    """Results of all three tools for this very request, also of those nobody asked for."""
    toolbox = state["run"].toolbox
    return {
        call["name"]: toolbox.call(call["name"], call["args"]) for call in ask_all(state["request"])
    }


def build_graph() -> CompiledStateGraph[State]:
    """Compiled once; every run brings its own config, reasoner and spans in its state."""
    graph = StateGraph(State)
    graph.add_node("reason", reason)
    graph.add_node("act", act)
    graph.add_node("decide", decide)
    graph.add_edge(START, "reason")
    graph.add_conditional_edges("reason", after_reason, ["act", "decide"])
    graph.add_edge("act", "reason")
    graph.add_edge("decide", END)
    return graph.compile()
