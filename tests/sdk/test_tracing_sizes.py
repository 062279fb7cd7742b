"""One text that is too long for the platform costs neither its span nor its neighbours."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from pawl_sdk.attributes import VALUE_CHARS_MAX
from pawl_sdk.tracing import agent_run
from pawl_sdk.tracing.setup import setup_tracing

from services.ingest.settings import IngestSettings

LIMITS = IngestSettings.model_fields


class Ingest(ThreadingHTTPServer):
    """Takes what ingest takes, and keeps the spans of each request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.requests: list[list[Span]] = []

    @property
    def spans(self) -> list[Span]:
        return [span for request in self.requests for span in request]


class _Door(BaseHTTPRequestHandler):
    server: Ingest

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        taken = len(body) <= LIMITS["body_bytes_max"].default
        if taken:
            message = ExportTraceServiceRequest.FromString(body)
            scopes = [one for resource in message.resource_spans for one in resource.scope_spans]
            self.server.requests.append([span for scope in scopes for span in scope.spans])
        self.send_response(200 if taken else 413)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def ingest() -> Iterator[Ingest]:
    with Ingest() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_text_that_is_too_long_is_cut_with_a_mark(ingest: Ingest) -> None:
    provider = setup_tracing("shop", f"http://127.0.0.1:{ingest.server_port}", make_global=False)
    tracer = provider.get_tracer("t")
    with agent_run("long", "x" * 21 * 2**20, tracer=tracer) as run:
        run.output("y" * 2 * VALUE_CHARS_MAX)
    with tracer.start_as_current_span("other") as span:
        span.set_attribute("llm.prompt", "z" * 2 * VALUE_CHARS_MAX)
    provider.shutdown()
    texts = {one.key: one.value.string_value for span in ingest.spans for one in span.attributes}
    assert texts["input.value"].endswith("x... (cut: 22020098 characters)")
    assert {len(texts[key]) for key in ("input.value", "output.value", "llm.prompt")} == {
        VALUE_CHARS_MAX
    }


def test_a_batch_with_long_texts_goes_in_several_requests(ingest: Ingest) -> None:
    provider = setup_tracing("shop", f"http://127.0.0.1:{ingest.server_port}", make_global=False)
    tracer = provider.get_tracer("t")
    for number in range(20):
        with agent_run(f"run {number}", "\N{EURO SIGN}" * VALUE_CHARS_MAX, tracer=tracer):
            pass
    provider.shutdown()
    assert {span.name for span in ingest.spans} == {f"run {number}" for number in range(20)}
    assert len(ingest.requests) > 1


def test_the_limit_of_opentelemetrys_variable_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "7")
    provider = setup_tracing("shop", "http://127.0.0.1:1", make_global=False)
    span = provider.get_tracer("t").start_span("never ended, so never sent")
    span.set_attribute("text", "123456789")
    assert dict(getattr(span, "attributes", {}))["text"] == "1234567"
    provider.shutdown()
