"""A LangGraph agent through the LangChain instrumentors of OpenInference and Traceloop."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from openinference.instrumentation.langchain import LangChainInstrumentor as OpenInference
from opentelemetry.instrumentation.langchain import LangchainInstrumentor as Traceloop

from libs.testkit.fake_providers import FakeProviders, Reply, ToolUse, Usage
from tests.services.traces.normalise.conftest import Instrumentor, Traced

USED = Usage(input=1000, output=50, cache_read=600, cache_write=100)
MODEL = "claude-sonnet-4-6"


@tool
def weather(city: str) -> str:
    """Weather of a city"""
    return f"sunny in {city}"


class Shelf(BaseRetriever):
    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [Document(f"text of {query}", metadata={"source": "x"}), Document("two")]


def run_agent(fake: FakeProviders) -> None:
    fake.queue(
        Reply(text="let me look", tools=(ToolUse("weather", {"city": "Bern"}),), usage=USED),
        Reply(text="sunny", usage=USED),
    )
    claude: Any = ChatAnthropic(
        model=MODEL, base_url=fake.anthropic_url, api_key="test", max_retries=0
    )
    bound = claude.bind_tools([weather])
    graph: Any = StateGraph(MessagesState)
    graph.add_node("model", lambda state: {"messages": [bound.invoke(state["messages"])]})
    graph.add_node("tools", ToolNode([weather]))
    graph.add_edge(START, "model")
    graph.add_conditional_edges(
        "model", lambda state: "tools" if state["messages"][-1].tool_calls else END
    )
    graph.add_edge("tools", "model")
    config = {"metadata": {"session_id": "session-1"}}
    graph.compile().invoke({"messages": [("user", "weather?")]}, config=config)


@pytest.mark.parametrize(
    ("instrumentor", "family"), [(OpenInference, "openinference"), (Traceloop, "traceloop")]
)
def test_an_agent_run_has_its_model_calls_tools_and_session_and_counts_tokens_once(
    fake: FakeProviders,
    traced: Traced,
    instrument: Callable[[Instrumentor], None],
    instrumentor: type[Any],
    family: str,
) -> None:
    instrument(instrumentor())
    run_agent(fake)
    rows = traced.rows()
    assert {row.trace_id for row in rows} == {rows[0].trace_id}
    assert sum(row.tokens_input or 0 for row in rows) == 2000
    assert sum(row.tokens_output or 0 for row in rows) == 100
    calls = [row for row in rows if row.kind == "LLM"]
    assert [(row.model, row.provider) for row in calls] == [(MODEL, "anthropic")] * 2
    assert {row.family for row in calls} == {family}
    assert {row.session_id for row in calls} == {"session-1"}
    said = orjson.loads(calls[0].messages_output_json)[0]
    assert said["tool_calls"][0]["name"] == "weather"
    assert orjson.loads(said["tool_calls"][0]["arguments"]) == {"city": "Bern"}
    assert orjson.loads(calls[0].tools_json)[0]["name"] == "weather"
    told = orjson.loads(calls[1].messages_input_json)
    assert told[-1]["role"] == "tool"
    assert told[-1]["content"] == "sunny in Bern"
    assert orjson.loads(calls[1].messages_output_json)[0]["content"] == "sunny"
    used = [row for row in rows if row.kind == "TOOL"]
    assert [row.tool_name for row in used] == ["weather"]
    assert "Bern" in (used[0].input or "")
    assert "sunny in Bern" in (used[0].output or "")
    root = next(row for row in rows if row.parent_span_id is None)
    assert root.kind in ("CHAIN", "AGENT")
    assert root.flags == ()


def test_retrieved_documents_come_with_content_and_metadata(
    traced: Traced, instrument: Callable[[Instrumentor], None]
) -> None:
    instrument(OpenInference())
    Shelf().invoke("q")
    row = traced.only(kind="RETRIEVER")
    assert row.input == "q"
    assert orjson.loads(row.documents_json) == [
        {"content": "text of q", "metadata": {"source": "x"}},
        {"content": "two"},
    ]
