"""The LangGraph graph: hypotheses, edits, a check by the statistical scorer, another round."""

from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from libs.llm.client import Claude
from services.miner.adapters.claude import prompts
from services.miner.adapters.claude.answers import Hypotheses, Ideas
from services.miner.adapters.claude.edits import edits_of
from services.miner.domain.brief import Brief
from services.miner.domain.checking import EditCheck, check_edits

ROUNDS_MAX = 3
Message = dict[str, Any]


@dataclass(frozen=True)
class Work:
    """What one run of the graph is about."""

    claude: Claude
    brief: Brief
    label: str
    known: tuple[str, ...]
    """Ids of the rules that stand in the config."""
    suggestions: tuple[str, ...]
    today: date


class State(TypedDict, total=False):
    work: Work
    messages: list[Message]
    hypotheses: Hypotheses
    checks: list[EditCheck]
    rounds: int
    model: str


async def hypothesise(state: State) -> State:
    """Causes first: edits without one fit cases, not habits."""
    work = state["work"]
    asked: list[Message] = [
        {"role": "user", "content": prompts.opening(work.brief, work.suggestions)}
    ]
    answer = await work.claude.ask(prompts.SYSTEM, asked, Hypotheses)
    said = {"role": "assistant", "content": "I have named the causes."}
    wanted = {"role": "user", "content": prompts.ask_for_edits(answer.value)}
    return {
        "hypotheses": answer.value,
        "messages": [*asked, said, wanted],
        "model": answer.model,
        "rounds": 0,
    }


async def draft(state: State) -> State:
    """Edits, and what they do to the mined cases."""
    work = state["work"]
    answer = await work.claude.ask(prompts.SYSTEM, state["messages"], Ideas)
    edits = edits_of(answer.value, work.label, work.known, work.today)
    checks = check_edits(
        work.brief.agent, work.brief.config.files, edits, work.brief.lessons, work.today
    )
    said = {"role": "assistant", "content": answer.value.model_dump_json()}
    told = {"role": "user", "content": prompts.report_of(checks)}
    return {
        "checks": checks,
        "messages": [*state["messages"], said, told],
        "model": answer.model,
        "rounds": state["rounds"] + 1,
    }


def after_draft(state: State) -> str:
    """Another round while some edit is of no use."""
    good = all(check.useful for check in state["checks"])
    return "done" if good or state["rounds"] >= ROUNDS_MAX else "again"


def build_graph() -> CompiledStateGraph[State]:
    """Compiled once; every run brings its own work in its state."""
    graph = StateGraph(State)
    graph.add_node("hypothesise", hypothesise)
    graph.add_node("draft", draft)
    graph.add_edge(START, "hypothesise")
    graph.add_edge("hypothesise", "draft")
    graph.add_conditional_edges("draft", after_draft, {"again": "draft", "done": END})
    return graph.compile()
