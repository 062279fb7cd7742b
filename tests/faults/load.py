"""Agents that send traces over OTLP/HTTP and, as exporters do, again until they are accepted."""

import asyncio
import random
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType

import httpx
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from libs.testkit.otlp import described, export_request

TRACES_PER_REQUEST = 4
SEND_SECONDS_MAX = 120.0
SECOND_NS = 1_000_000_000
PUBLISH_SECONDS = 8.0
"""After so long the cluster of these tests tells a sender that the broker does not answer."""


@dataclass(frozen=True)
class Sent:
    """What was acknowledged: span ids by trace id; and how often the door was asked in vain."""

    spans: dict[str, set[str]] = field(default_factory=dict)
    acknowledged_at: list[float] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    """Before anything of it was sent."""

    def __or__(self, other: "Sent") -> "Sent":
        """What two senders sent to one project."""
        return Sent(self.spans | other.spans, since=min(self.since, other.since))

    def within(self, since: float, until: float) -> int:
        """Requests acknowledged in between."""
        return sum(since <= at <= until for at in self.acknowledged_at)


class Load:
    """Sends while the block runs; on leaving, what is in flight is sent to its end."""

    def __init__(
        self, otlp_url: str, seed: int, project: str, requests_per_second: float = 8.0
    ) -> None:
        self._url = f"{otlp_url}/v1/traces"
        self._random = random.Random(seed)
        self._pause_seconds = 1 / requests_per_second
        self.project = project
        self.sent = Sent()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._failure: BaseException | None = None

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        if self._failure and error is None:
            raise self._failure

    async def __aenter__(self) -> "Load":
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """For a platform in this very process: it has to go on answering."""
        await asyncio.to_thread(self.__exit__, kind, error, trace)

    def until(self, requests: int, seconds_max: float = 60.0) -> None:
        """Wait until so many more requests were acknowledged."""
        goal = len(self.sent.acknowledged_at) + requests
        deadline = time.monotonic() + seconds_max
        while len(self.sent.acknowledged_at) < goal:
            if self._failure:
                raise self._failure
            assert time.monotonic() < deadline, f"nothing is accepted: {self.sent.refusals[-3:]}"
            time.sleep(0.02)

    def _run(self) -> None:
        try:
            with httpx.Client(timeout=30.0, trust_env=False) as client:
                while not self._stop.is_set():
                    self._send(client)
                    self._stop.wait(self._pause_seconds)
        except BaseException as error:
            self._failure = error

    def _send(self, client: httpx.Client) -> None:
        traces = [self._trace() for _ in range(TRACES_PER_REQUEST)]
        spans = [span for trace in traces for span in trace]
        body = export_request(*spans, openinference__project__name=self.project)
        self._post(client, body.SerializeToString())
        self.sent.acknowledged_at.append(time.monotonic())
        for span in spans:
            self.sent.spans.setdefault(span.trace_id.hex(), set()).add(span.span_id.hex())

    def _post(self, client: httpx.Client, body: bytes) -> None:
        deadline = time.monotonic() + SEND_SECONDS_MAX
        headers = {"content-type": "application/x-protobuf"}
        while True:
            try:
                answer = client.post(self._url, content=body, headers=headers)
            except httpx.TransportError as error:  # no answer is no acknowledgement
                self.sent.refusals.append(repr(error))
            else:
                if answer.status_code == httpx.codes.OK:
                    return
                assert answer.status_code in (429, 503), answer.text
                assert "retry-after" in answer.headers
                self.sent.refusals.append(f"{answer.status_code} {answer.text}")
            assert time.monotonic() < deadline, f"not accepted: {self.sent.refusals[-3:]}"
            time.sleep(0.1)

    def _trace(self) -> list[Span]:
        """An agent that calls a model and a tool, which fails now and then."""
        trace_id, root_id = self._random.randbytes(16), self._random.randbytes(8)
        fails = self._random.random() < 0.3
        kinds = ("AGENT", "LLM", "TOOL")
        started_ns = time.time_ns()
        spans = []
        for number, kind in enumerate(kinds):
            span = Span(
                trace_id=trace_id,
                span_id=root_id if number == 0 else self._random.randbytes(8),
                parent_span_id=root_id if number else b"",
                name=kind.lower(),
                kind=Span.SPAN_KIND_INTERNAL,
                start_time_unix_nano=started_ns + number,
                end_time_unix_nano=started_ns + SECOND_NS,
            )
            if kind == "TOOL" and fails:
                span.status.code = Status.STATUS_CODE_ERROR
                span.status.message = "the tool is down"
            attributes = {"openinference.span.kind": kind, "input.value": "q", "output.value": "a"}
            spans.append(described(span, attributes))
        return spans
