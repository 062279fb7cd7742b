"""All parts of the client over one connection pool."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any

import httpx

from pawl_sdk.client.config import Config, Proposals
from pawl_sdk.client.http import Http, Json
from pawl_sdk.client.traces import Feedback, Spans, Traces


class PawlClient:
    """`PawlClient()` reads PAWL_URL and PAWL_API_KEY. Close it, or use it with `with`."""

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        timeout_seconds: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.http = Http(url, api_key, timeout_seconds, transport)
        self.traces = Traces(self.http)
        self.spans = Spans(self.http)
        self.feedback = Feedback(self.http)
        self.config = Config(self.http)
        self.proposals = Proposals(self.http)

    def projects(self) -> Iterator[Json]:
        """Projects that the key may read."""
        return self.http.pages("/api/v1/projects")

    def clusters(self, limit: int | None = 50, **filters: Any) -> Iterator[Json]:
        """Failures with one cause each, open ones first, then by size; filters agent, status."""
        return self.http.pages("/api/v1/clusters", limit, **filters)

    def session(self, session_id: str) -> Json:
        """Totals of a session and its traces."""
        found: Json = self.http.get(f"/api/v1/sessions/{session_id}")
        return found

    def close(self) -> None:
        self.http.close()

    def __enter__(self) -> "PawlClient":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
