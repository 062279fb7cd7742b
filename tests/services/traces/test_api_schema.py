"""Requests made from the API's own description, valid and not: no 5xx, no undeclared answer."""

import os
from pathlib import Path

import pytest

from libs.runtime.serve import Server
from libs.testkit.api_schema import check_url_against_schema, key_in
from tests.services.traces.harness import make_span, open_service

CASES = int(os.environ.get("PAWL_SCHEMA_CASES", "12"))


@pytest.mark.timeout(300)
async def test_the_api_keeps_to_its_description(tmp_path: Path) -> None:
    keys_file, secret = key_in(tmp_path)
    async with open_service(tmp_path, keys_file=keys_file) as service:
        for number in range(1, 4):
            await service.send(make_span(number, trace=number, attributes={"session.id": "0"}))
        await service.settle()
        server = Server(service.app, "127.0.0.1", 0)
        await server.start()
        url = f"http://127.0.0.1:{server.port}/traces/openapi.json"
        found = await check_url_against_schema(url, secret, tmp_path, CASES)
        await server.stop()
    assert not found, found
