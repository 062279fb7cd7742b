"""Exporters in web pages: let in by name, and nobody else."""

from typing import TYPE_CHECKING

import pytest

from libs.runtime.errors import StartupError
from libs.testkit.otlp import export_request, span_of

if TYPE_CHECKING:
    from tests.services.ingest.conftest import Open

SHOP, OTHER = "https://shop.example", "https://other.example"
ALLOWED = "access-control-allow-origin"


def preflight(origin: str) -> dict[str, str]:
    return {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,content-encoding,x-api-key,traceparent",
    }


async def test_pages_of_a_named_origin_may_send(open_door: "Open") -> None:
    async with open_door(cors_origins=f"{SHOP}, http://localhost:5173") as door:
        asked = await door.client.options("/v1/traces", headers=preflight(SHOP))
        assert (asked.status_code, asked.headers[ALLOWED]) == (200, SHOP)
        assert "x-api-key" in asked.headers["access-control-allow-headers"]
        refused = await door.client.options("/v1/traces", headers=preflight(OTHER))
        assert (refused.status_code, ALLOWED in refused.headers) == (400, False)
        sent = await door.client.post(
            "/v1/traces",
            content=export_request(span_of(1, 1)).SerializeToString(),
            headers={"content-type": "application/x-protobuf", "origin": SHOP},
        )
        assert (sent.status_code, sent.headers[ALLOWED]) == (200, SHOP)
        assert len(await door.spans()) == 1


async def test_without_the_setting_no_page_may(open_door: "Open") -> None:
    async with open_door() as door:
        asked = await door.client.options("/v1/traces", headers=preflight(SHOP))
        assert (asked.status_code, ALLOWED in asked.headers) == (405, False)


async def test_what_is_no_origin_stops_the_start(open_door: "Open") -> None:
    with pytest.raises(StartupError, match=r"shop\.example/app"):
        async with open_door(cors_origins="shop.example/app"):
            pass
