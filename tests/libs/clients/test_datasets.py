"""Examples are read in the order of their positions, page by page, none twice."""

import httpx

from libs.clients import DatasetsClient
from libs.contracts.api import ExampleView

LAST = 1234


def view(position: int) -> dict[str, object]:
    return {
        "position": position, "review_id": f"r{position}", "example_key": f"k{position}",
        "agent": "a", "group": "g", "trace_id": "1" * 32, "input": {}, "expected": "x",
        "answered": "y", "facts": {}, "recorded_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip


def datasets(asked: httpx.Request) -> httpx.Response:
    """A log of `LAST` reviews, as the service pages it."""
    query = {name: int(value) for name, value in asked.url.params.items() if name != "agent"}
    through = min(LAST, query.get("through", LAST))
    page = list(range(query["after"] + 1, through + 1))[: query["limit"]]
    more = bool(page) and page[-1] < through
    body = {"items": [view(n) for n in page], "next_cursor": str(page[-1]) if more else None}
    return httpx.Response(200, json=body)


def positions(found: list[ExampleView]) -> list[int]:
    return [one.position for one in found]


async def test_every_page_is_read() -> None:
    client = DatasetsClient(
        httpx.AsyncClient(transport=httpx.MockTransport(datasets), base_url="http://x")
    )
    assert positions(await client.examples("a")) == list(range(1, LAST + 1))
    assert positions(await client.examples("a", after=LAST)) == []
    assert positions(await client.examples("a", after=10, through=12)) == [11, 12]
    assert positions(await client.examples("a", after=3, limit=600)) == list(range(4, 604))
