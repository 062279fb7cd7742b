"""What the trace store answers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pawl_sdk.client.http import Http, Json


class Traces:
    """Traces, and what is inside one."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def list(self, limit: int | None = 50, **filters: Any) -> Iterator[Json]:
        """Newest first. Filters as in `GET /api/v1/traces`, e.g. project, agent, status, name."""
        return self._http.pages("/api/v1/traces", limit, **filters)

    def get(self, trace_id: str, project: str | None = None) -> Json:
        """The whole trace with its evaluations and feedback."""
        found: Json = self._http.get(f"/api/v1/traces/{trace_id}", project=project)
        return found

    def preview(self, trace_id: str, chars: int = 160, project: str | None = None) -> Json:
        """One line a span, with its share of the latency."""
        path = f"/api/v1/traces/{trace_id}/preview"
        found: Json = self._http.get(path, chars=chars, project=project)
        return found

    def find(
        self,
        trace_id: str,
        pattern: str,
        *,
        ignore_case: bool = False,
        limit: int = 100,
        project: str | None = None,
    ) -> Json:
        """Places where a regular expression matches any field of any span."""
        body = {"pattern": pattern, "ignore_case": ignore_case, "limit": limit}
        path = f"/api/v1/traces/{trace_id}/find"
        found: Json = self._http.post(path, body, project=project)
        return found

    def jq(
        self,
        trace_id: str,
        program: str,
        *,
        span_id: str | None = None,
        field: str | None = None,
        project: str | None = None,
    ) -> Json:
        """A jq program over the spans, one span, or one JSON field of a span."""
        body = {"program": program, "span_id": span_id, "field": field}
        found: Json = self._http.post(f"/api/v1/traces/{trace_id}/jq", body, project=project)
        return found

    def follow(self, trace_id: str, value: str, project: str | None = None) -> Json:
        """Where a value appears first and where it travels."""
        path = f"/api/v1/traces/{trace_id}/follow"
        found: Json = self._http.get(path, value=value, project=project)
        return found


class Spans:
    """Single spans, many spans, figures over spans."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def get(self, span_id: str, *, trace_id: str | None = None, project: str | None = None) -> Json:
        """One span; name its trace when several use the id."""
        path = f"/api/v1/spans/{span_id}"
        found: Json = self._http.get(path, trace_id=trace_id, project=project)
        return found

    def export(
        self, filters: Mapping[str, Any], *, format: str = "jsonl", limit: int | None = None
    ) -> Iterator[bytes]:
        """Spans that fit, as JSON lines or a Parquet file, streamed."""
        body = {"filter": dict(filters), "format": format, "limit": limit}
        return self._http.stream("/api/v1/spans/export", body)

    def aggregate(self, question: Mapping[str, Any]) -> Json:
        """Figures over spans; the body of `POST /api/v1/aggregate`."""
        found: Json = self._http.post("/api/v1/aggregate", dict(question))
        return found


class Feedback:
    """What people say of runs."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def post(
        self,
        *,
        project: str,
        trace_id: str,
        kind: str,
        author: str,
        expected: Any = None,
        reason: str = "",
        score: float | None = None,
        **more: Any,
    ) -> Json:
        """One piece; `kind` is override, confirmation, correction, label or thumb."""
        body = {
            "project": project,
            "trace_id": trace_id,
            "kind": kind,
            "author": author,
            "expected": expected,
            "reason": reason,
            "score": score,
        }
        found: Json = self._http.post("/api/v1/feedback", body | more)
        return found

    def post_many(self, pieces: Sequence[Mapping[str, Any]]) -> Json:
        """Many at once; durable when this returns."""
        found: Json = self._http.post("/api/v1/feedback", [dict(piece) for piece in pieces])
        return found
