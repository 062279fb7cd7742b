"""The one factory of HTTP clients between services."""

import httpx
from opentelemetry.propagate import inject

CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0


def service_client(
    base_url: str, key: str = "", transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """A client with timeouts, the platform's own key and, embedded, the ASGI transport."""
    return httpx.AsyncClient(
        base_url=base_url,
        transport=transport,
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        headers={"authorization": f"Bearer {key}"} if key else {},
        trust_env=False,
        event_hooks={"request": [_pass_on_trace_context]},
    )


async def _pass_on_trace_context(request: httpx.Request) -> None:
    inject(request.headers)
