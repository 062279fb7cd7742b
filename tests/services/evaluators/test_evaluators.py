"""Checks judge what they say, and the service records it once."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest

from libs.clients import TracesClient
from libs.contracts.api import SpanView, TracesAsked, TraceSummary, TraceTree, TraceTrees
from libs.contracts.events import EvaluationRecorded, Target, TraceCompleted
from libs.contracts.topics import EVALUATION_RECORDED, TRACE_COMPLETED
from libs.eventlog import Message
from libs.runtime import App
from libs.testkit.apps import embedded_deps
from libs.testkit.eventlog_suite import Collector
from services.evaluators import checks
from services.evaluators.adapters import Traces
from services.evaluators.domain.check import Check, Finding
from services.evaluators.domain.evaluate import evaluate
from services.evaluators.domain.sampling import is_sampled
from services.evaluators.main import build

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TRACE_ID = "a" * 32


def span(number: int, kind: str = "TOOL", **fields: Any) -> SpanView:
    values = {
        "project": "p",
        "trace_id": TRACE_ID,
        "span_id": f"{number:016x}",
        "parent_span_id": None if number == 0 else f"{0:016x}",
        "name": f"{kind.lower()}",
        "kind": kind,
        "status": "OK",
        "started_at": NOW + timedelta(seconds=number),
        "ended_at": NOW + timedelta(seconds=number + 1),
        "duration_ms": 1000.0,
    }
    return SpanView(**(values | fields))


def tree(*spans: SpanView, duration_ms: float = 1000.0, tokens: int = 0) -> TraceTree:
    return TraceTree(
        summary=TraceSummary(
            project="p",
            trace_id=TRACE_ID,
            session_id="s",
            user_id=None,
            agent="a",
            root_name="root",
            status="OK",
            started_at=NOW,
            duration_ms=duration_ms,
            span_count=len(spans),
            error_count=0,
            tokens_total=tokens,
            cost_usd=0.0,
            config_digest="sha256:1",
            complete=True,
        ),
        spans=spans,
    )


def completed(trace_id: str = TRACE_ID, revision: int = 1) -> TraceCompleted:
    return TraceCompleted(
        project="p",
        trace_id=trace_id,
        agent="a",
        root_name="root",
        started_at=NOW,
        ended_at=NOW,
        span_count=1,
        error_count=0,
        config_digest="sha256:1",
        revision=revision,
    )


def labels(check: Check, trace: TraceTree) -> list[str]:
    return [one.label for one in check.judge(trace)] if check.applies(trace) else []


ROOT = span(0, "AGENT", input="hello", output="bye")


@pytest.mark.parametrize(
    ("output", "label"),
    [
        ("fine", "ok"),
        ('{"error": null}', "ok"),
        ('{"error": "no such user"}', "error"),
        ("Error: timeout", "error"),
        ("The error was mine", "ok"),
        ('["error"]', "ok"),
    ],
)
def test_tool_error_reads_what_the_tool_answered(output: str, label: str) -> None:
    assert labels(checks.ToolError(), tree(ROOT, span(1, output=output))) == [label]


def test_tool_error_quotes_the_failing_call_and_ignores_runs_without_tools() -> None:
    trace = tree(ROOT, span(1, status="ERROR", status_message="refused"))
    [finding] = checks.ToolError().judge(trace)
    assert finding.evidence[0].text == "refused"
    assert labels(checks.ToolError(), tree(ROOT)) == []


def test_repeated_tool_call_counts_equal_arguments_only() -> None:
    same = [span(n, input='{"id": 1}') for n in (1, 2, 3)]
    other = [span(n, input=json.dumps({"id": n})) for n in (1, 2, 3)]
    assert labels(checks.RepeatedToolCall(), tree(ROOT, *same)) == ["repeated"]
    assert labels(checks.RepeatedToolCall(), tree(ROOT, *other)) == ["ok"]


@pytest.mark.parametrize(("output", "label"), [('{"a": 1}', "valid"), ("a: 1", "invalid")])
def test_answer_format_holds_declared_json_to_its_word(output: str, label: str) -> None:
    declared = {"output.mime_type": "application/json"}
    root = span(0, "AGENT", input="x", output=output, attributes=declared)
    assert labels(checks.AnswerFormat(), tree(root)) == [label]
    assert labels(checks.AnswerFormat(), tree(span(0, "AGENT", output=output))) == []


def test_empty_output_asks_for_an_answer() -> None:
    assert labels(checks.EmptyOutput(), tree(span(0, "AGENT", input="x", output=" "))) == ["empty"]
    assert labels(checks.EmptyOutput(), tree(ROOT)) == ["ok"]


@pytest.mark.parametrize("value", ["max_tokens", '["length"]', ["length"]])
def test_truncated_output_understands_each_family(value: Any) -> None:
    key = "gen_ai.response.finish_reasons"
    assert labels(
        checks.TruncatedOutput(), tree(ROOT, span(1, "LLM", attributes={key: value}))
    ) == ["truncated"]


def test_budgets_compare_with_their_limit() -> None:
    assert labels(checks.LatencyBudget(2.0), tree(ROOT, duration_ms=2001)) == ["over"]
    assert labels(checks.LatencyBudget(2.0), tree(ROOT, duration_ms=2000)) == ["within"]
    assert labels(checks.TokenBudget(10), tree(ROOT, tokens=11)) == ["over"]
    assert labels(checks.TokenBudget(10), tree(ROOT, tokens=0)) == []


class Raising:
    name: ClassVar[str] = "raising"
    version: ClassVar[str] = "1"
    target: ClassVar[Target] = "trace"
    labels: ClassVar[dict[str, bool | None]] = {"ok": True}

    def __init__(self, label: str = "") -> None:
        self._label = label

    def applies(self, trace: TraceTree) -> bool:
        return True

    def judge(self, trace: TraceTree) -> Sequence[Finding]:
        if self._label:
            return [Finding(self._label)]
        raise KeyError("missing")


@pytest.mark.parametrize("check", [Raising(), Raising("undeclared")])
def test_a_check_that_raises_leaves_a_failure_record_and_no_score(check: Check) -> None:
    broken, fine = evaluate(tree(ROOT), completed(), [check, checks.EmptyOutput()], NOW)
    assert (broken.status, broken.label, broken.score, broken.passed) == ("error", None, None, None)
    assert broken.explanation
    assert (fine.status, fine.label) == ("ok", "ok")


def test_ids_are_equal_for_a_redelivery_and_a_later_revision() -> None:
    first = evaluate(tree(ROOT), completed(), [checks.EmptyOutput()], NOW)
    later = evaluate(tree(ROOT), completed(revision=2), [checks.EmptyOutput()], NOW)
    other = evaluate(tree(ROOT), completed("b" * 32), [checks.EmptyOutput()], NOW)
    assert first[0].evaluation_id == later[0].evaluation_id != other[0].evaluation_id


def test_sampling_is_deterministic_and_near_its_rate() -> None:
    drawn = [is_sampled("x", f"{n:032x}", 0.2) for n in range(5000)]
    assert drawn == [is_sampled("x", f"{n:032x}", 0.2) for n in range(5000)]
    assert 0.17 < sum(drawn) / 5000 < 0.23
    assert drawn != [is_sampled("y", f"{n:032x}", 0.2) for n in range(5000)]


async def test_completed_traces_become_evaluations_also_when_the_store_is_late(
    tmp_path: Path,
) -> None:
    asked: list[str] = []

    def store(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        there = [] if len(asked) <= 3 else [tree(ROOT, span(1, output="Error: x"))]
        return httpx.Response(200, content=TraceTrees(items=tuple(there)).model_dump_json())

    client = httpx.AsyncClient(transport=httpx.MockTransport(store), base_url="http://traces")
    async with embedded_deps(tmp_path, {"traces": client}) as deps:
        app = build(deps)
        await app.start()
        seen = Collector()
        await deps.log.subscribe(EVALUATION_RECORDED.name, "test", seen)
        await App("traces", deps).publish([completed()])
        await seen.until(4)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app.api), base_url="http://e"
        ) as api:
            listed = (await api.get("/api/v1/evaluators")).json()
        await app.stop()
    records = [EvaluationRecorded.model_validate_json(value) for value in seen.values]
    by_name = {one.evaluator: one for one in records}
    assert by_name["tool_error"].passed is False
    assert by_name["latency_budget"].passed is True
    counts = {one["name"]: one["counts"] for one in listed}
    assert counts["tool_error"] == {"error": 1}


async def test_a_full_answer_is_asked_for_the_rest() -> None:
    asked: list[tuple[str, ...]] = []

    def store(request: httpx.Request) -> httpx.Response:
        ids = TracesAsked.model_validate_json(request.content).trace_ids
        asked.append(ids)
        one = tree(ROOT)
        one = one.model_copy(
            update={"summary": one.summary.model_copy(update={"trace_id": ids[0]})}
        )
        return httpx.Response(200, content=TraceTrees(items=(one,), left=ids[1:]).model_dump_json())

    transport = httpx.MockTransport(store)
    client = httpx.AsyncClient(transport=transport, base_url="http://traces")
    wanted = [completed(letter * 32) for letter in "abc"]
    found = await Traces(TracesClient(client, traces_max=2)).read([*wanted, wanted[0]])
    assert [one.summary.trace_id[0] for one in found] == ["a", "b", "c", "a"]
    assert [len(ids) for ids in asked] == [2, 2, 1]


async def test_an_event_that_cannot_be_read_is_set_aside_alone(tmp_path: Path) -> None:
    body = TraceTrees(items=(tree(ROOT),)).model_dump_json()
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    client = httpx.AsyncClient(transport=transport, base_url="http://traces")
    async with embedded_deps(tmp_path, {"traces": client}) as deps:
        app = build(deps)
        seen, letters = Collector(), Collector()
        await deps.log.subscribe(EVALUATION_RECORDED.name, "test", seen)
        await deps.log.subscribe(TRACE_COMPLETED.dead_letter_name, "test", letters)
        good = completed()
        await App("traces", deps).publish([good])
        await deps.log.publish([Message(TRACE_COMPLETED.name, b"k", b"{}")])
        await app.start()
        await letters.until(1)
        await seen.until(2)
        await app.stop()
    assert letters.values == [b"{}"]
