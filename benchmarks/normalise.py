"""How long normalisation takes: CPU time a span, one thread, on traces as agents write them.

    python -m benchmarks.normalise

Each record holds one trace of 8 spans (agent, 2 chains, 3 model calls, 2 tools), about 2 kB a span,
texts different in every trace, as the topic `otlp_spans` carries it.
"""

import json
import random
import time
from collections.abc import Callable

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span

from services.traces.domain.normalise import normalise_bytes

TRACES = 400
SPANS_PER_TRACE = 8
ROUNDS = 7
BASE_NS = 1_764_000_000_000_000_000
WORDS = (
    "request vendor invoice budget approve policy quarter renewal team engineer price contract "
    "urgent department licence review amount quote support campaign tool data security"
)
TOOL_SCHEMA = json.dumps(
    {
        "name": "lookup_vendor",
        "description": "Look a vendor up by name and say its status and categories",
        "input_schema": {"type": "object", "properties": {"name": {"type": "string"}}},
    }
)
Value = str | int | float


def main() -> None:
    """Print one line a family."""
    rng = random.Random(7)
    families: dict[str, Callable[[random.Random], list[dict[str, Value]]]] = {
        "openinference": openinference_trace,
        "genai": genai_trace,
    }
    for name, make in families.items():
        records = [record(rng, make(rng)) for _ in range(TRACES)]
        spans = TRACES * SPANS_PER_TRACE
        size = sum(map(len, records)) / spans
        best = min(_seconds(records) for _ in range(ROUNDS))
        print(f"{name:14} {best / spans * 1e6:6.1f} us/span  {size:6.0f} bytes/span")


def _seconds(records: list[bytes]) -> float:
    start = time.thread_time()
    for value in records:
        normalise_bytes(value)
    return time.thread_time() - start


def sentence(rng: random.Random, chars: int) -> str:
    """Plain words, about so many characters."""
    return " ".join(rng.choices(WORDS.split(), k=chars // 7))


def common(rng: random.Random, session: str) -> dict[str, Value]:
    """What every span of one run carries."""
    return {
        "session.id": session,
        "pawl.agent": "procurement",
        "pawl.config.digest": "sha256:" + "ab" * 32,
    }


def openinference_trace(rng: random.Random) -> list[dict[str, Value]]:
    """Attributes of 8 spans with OpenInference names."""
    session = f"session-{rng.getrandbits(48):x}"
    shared = common(rng, session)
    asked, system = sentence(rng, 400), sentence(random.Random(1), 700)
    spans: list[dict[str, Value]] = [
        {"openinference.span.kind": kind, **_io(rng, 560, 400), **shared}
        for kind in ("AGENT", "CHAIN", "CHAIN")
    ]
    for turn in range(3):
        told: dict[str, Value] = {
            "llm.input_messages.0.message.role": "system",
            "llm.input_messages.0.message.content": system,
            "llm.input_messages.1.message.role": "user",
            "llm.input_messages.1.message.content": asked,
        }
        for index in range(turn):
            at = f"llm.input_messages.{index + 2}.message."
            told |= {at + "role": "tool", at + "content": sentence(rng, 120)}
            told |= {at + "tool_call_id": f"call_{rng.getrandbits(32):x}"}
        said = "llm.output_messages.0.message."
        told |= {said + "role": "assistant", said + "content": sentence(rng, 200)}
        call = said + "tool_calls.0.tool_call."
        told |= {call + "id": f"call_{rng.getrandbits(32):x}"}
        told |= {
            call + "function.name": "lookup_vendor",
            call + "function.arguments": '{"name": "x"}',
        }
        spans.append(
            {
                "openinference.span.kind": "LLM",
                **_io(rng, 420, 240),
                **_usage(rng),
                **told,
                **shared,
            }
        )
    tool: dict[str, Value] = {"openinference.span.kind": "TOOL", "tool.name": "lookup_vendor"}
    return [*spans, *({**tool, **_io(rng, 80, 300), **shared} for _ in range(2))]


def _io(rng: random.Random, asked: int, said: int) -> dict[str, Value]:
    return {
        "input.value": json.dumps({"text": sentence(rng, asked)}),
        "input.mime_type": "application/json",
        "output.value": json.dumps({"text": sentence(rng, said)}),
        "output.mime_type": "application/json",
    }


def _usage(rng: random.Random) -> dict[str, Value]:
    prompt, said = rng.randint(500, 3000), rng.randint(20, 400)
    return {
        "llm.model_name": "claude-sonnet-4-5",
        "llm.provider": "anthropic",
        "llm.invocation_parameters": '{"max_tokens": 1024, "temperature": 0}',
        "llm.tools.0.tool.json_schema": TOOL_SCHEMA,
        "llm.token_count.prompt": prompt,
        "llm.token_count.completion": said,
        "llm.token_count.total": prompt + said,
        "llm.token_count.prompt_details.cache_read": rng.randint(0, prompt),
    }


def genai_trace(rng: random.Random) -> list[dict[str, Value]]:
    """Attributes of 8 spans with OTel GenAI names."""
    conversation = f"conversation-{rng.getrandbits(48):x}"
    shared: dict[str, Value] = {"gen_ai.conversation.id": conversation}
    agent: dict[str, Value] = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "buyer",
    }
    spans: list[dict[str, Value]] = [{**agent, **shared} for _ in range(3)]
    for _ in range(3):
        told = [{"role": "user", "parts": [{"type": "text", "content": sentence(rng, 900)}]}]
        said = [{"role": "assistant", "parts": [{"type": "text", "content": sentence(rng, 500)}]}]
        spans.append(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "anthropic",
                "gen_ai.request.model": "claude-sonnet-4-5",
                "gen_ai.response.model": "claude-sonnet-4-5",
                "gen_ai.response.id": f"msg_{rng.getrandbits(64):x}",
                "gen_ai.input.messages": json.dumps(told),
                "gen_ai.output.messages": json.dumps(said),
                "gen_ai.tool.definitions": f"[{TOOL_SCHEMA}]",
                "gen_ai.usage.input_tokens": rng.randint(500, 3000),
                "gen_ai.usage.output_tokens": rng.randint(20, 400),
                **shared,
            }
        )
    tool: dict[str, Value] = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "lookup_vendor",
        "gen_ai.tool.call.arguments": '{"name": "x"}',
        **shared,
    }
    return [*spans, *({**tool, "gen_ai.tool.call.result": sentence(rng, 300)} for _ in range(2))]


def record(rng: random.Random, spans: list[dict[str, Value]]) -> bytes:
    """One value of the topic."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.append(pair("service.name", "procurement"))
    scoped: ScopeSpans = group.scope_spans.add()
    scoped.scope.name = "openinference.instrumentation.langchain"
    trace_id, root = rng.randbytes(16), rng.randbytes(8)
    for index, attributes in enumerate(spans):
        span: Span = scoped.spans.add(trace_id=trace_id, name=f"step {index}")
        span.span_id = rng.randbytes(8) if index else root
        if index:
            span.parent_span_id = root
        span.start_time_unix_nano = BASE_NS + index * 1_000_000
        span.end_time_unix_nano = span.start_time_unix_nano + rng.randint(1, 10**9)
        span.status.code = span.status.STATUS_CODE_OK
        span.attributes.extend(pair(name, value) for name, value in attributes.items())
    return request.SerializeToString()


def pair(name: str, value: Value) -> KeyValue:
    """One attribute."""
    encoded = KeyValue(key=name)
    if isinstance(value, str):
        encoded.value.string_value = value
    elif isinstance(value, int):
        encoded.value.int_value = value
    else:
        encoded.value.double_value = value
    return encoded


if __name__ == "__main__":
    main()
