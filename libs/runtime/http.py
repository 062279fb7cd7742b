"""The one factory of HTTP clients between services."""

from typing import Any

import httpx
from opentelemetry.propagate import inject

from libs.runtime.errors import TransientError, UnavailableError
from libs.runtime.tracing import PARENT, UNSAMPLED

AWAY = (429, 502, 503, 504)
CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0


def service_client(
    base_url: str, key: str = "", transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """A client with timeouts, the platform's own key and, embedded, the ASGI transport."""
    return ServiceClient(
        base_url=base_url,
        transport=transport,
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        headers={"authorization": f"Bearer {key}"} if key else {},
        trust_env=False,
        event_hooks={"request": [_pass_on_trace_context]},
    )


class ServiceClient(httpx.AsyncClient):
    """Answers that are read whole do not wait for the garbage collector.

    An httpx answer and its stream refer to each other, which kept a hundred megabytes of answers
    that nobody needed any more.
    """

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """As httpx does."""
        answer = await super().send(request, **options)
        if answer.is_closed:
            answer.stream = httpx.ByteStream(b"")
        return answer


def failed_answer(answer: httpx.Response) -> TransientError:
    """What to raise for an answer that is worth another try later."""
    kind = UnavailableError if answer.status_code in AWAY else TransientError
    request = answer.request
    return kind(f"{request.method} {request.url}: {answer.status_code} {answer.text[:500]}")


async def _pass_on_trace_context(request: httpx.Request) -> None:
    inject(request.headers)
    request.headers.setdefault(PARENT, UNSAMPLED)  # of a timer, or for Pawl's own telemetry
