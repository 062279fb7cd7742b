"""MLflow tracing over OTLP/HTTP, as it leaves an application that is set up by environment only."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import pytest

from libs.testkit.fake_providers import FakeProviders, Reply, Usage
from services.traces.domain.normalise import normalise_bytes
from services.traces.domain.span import SpanRow

USED = Usage(input=1000, output=50, cache_read=600, cache_write=100)
APPLICATION = """
import sys
import anthropic, mlflow, mlflow.anthropic
from mlflow.entities import SpanType

mlflow.anthropic.autolog()

@mlflow.trace(span_type=SpanType.TOOL)
def weather(city):
    return {"sky": "sunny"}

@mlflow.trace(span_type=SpanType.AGENT)
def agent(question):
    client = anthropic.Anthropic(base_url=sys.argv[1], api_key="test", max_retries=0)
    client.messages.create(
        model="claude-sonnet-4-6", max_tokens=9, system="be brief",
        messages=[{"role": "user", "content": question}],
    )
    with mlflow.start_span("shelf", span_type=SpanType.RETRIEVER) as shelf:
        shelf.set_outputs([{"page_content": "d", "metadata": {"uri": "x"}, "id": "1"}])
    try:
        with mlflow.start_span("bad"):
            raise ValueError("broke")
    except ValueError:
        pass
    return weather("Bern")

agent("weather?")
"""


class Receiver(ThreadingHTTPServer):
    """Takes OTLP/HTTP and keeps the bodies."""

    daemon_threads = True

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Receiver)
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_mlflow_spans_lose_their_json_quotes_and_count_cached_tokens_once(
    fake: FakeProviders, receiver: Receiver
) -> None:
    fake.queue(Reply(text="sunny", usage=USED))
    subprocess.run(
        [sys.executable, "-c", APPLICATION, fake.anthropic_url],
        env={
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": (
                f"http://127.0.0.1:{receiver.server_address[1]}/v1/traces"
            ),
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
            "OTEL_SERVICE_NAME": "shop",
            "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
        },
        check=True,
        timeout=60,
    )
    rows = [row for body in receiver.bodies for row in normalise_bytes(body)]
    by_name: dict[str, SpanRow] = {row.name: row for row in rows}
    call = by_name["Messages.create"]
    assert (call.kind, call.family) == ("LLM", "mlflow")
    assert (call.model, call.provider) == ("claude-sonnet-4-6", "anthropic")
    assert (call.tokens_input, call.tokens_output) == (1000, 50)
    assert (call.tokens_cache_read, call.tokens_cache_write) == (600, 100)
    assert call.cost_usd == pytest.approx(0.002205)
    assert orjson.loads(call.messages_input_json) == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "weather?"},
    ]
    assert orjson.loads(call.messages_output_json)[0]["content"] == "sunny"
    agent = by_name["agent"]
    assert (agent.kind, agent.parent_span_id, agent.project) == ("AGENT", None, "shop")
    assert orjson.loads(agent.input or "") == {"question": "weather?"}
    tool = by_name["weather"]
    assert (tool.kind, tool.tool_name) == ("TOOL", "weather")
    assert orjson.loads(tool.output or "") == {"sky": "sunny"}
    assert orjson.loads(by_name["shelf"].documents_json) == [
        {"id": "1", "content": "d", "metadata": {"uri": "x"}}
    ]
    assert by_name["bad"].status == "ERROR"
    assert {row.flags for row in rows} == {()}
