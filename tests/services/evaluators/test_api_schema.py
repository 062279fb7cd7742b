"""The evaluators' API keeps to its own description: no 5xx, no undeclared answer."""

from pathlib import Path

import httpx

from libs.testkit.api_schema import check_against_schema, key_in
from libs.testkit.apps import embedded_deps
from services.evaluators.main import build


async def test_the_api_keeps_to_its_description(tmp_path: Path) -> None:
    keys_file, secret = key_in(tmp_path)
    clients = {"traces": httpx.AsyncClient(base_url="http://traces")}
    async with embedded_deps(tmp_path, clients, keys_file=keys_file) as deps:
        path = "/evaluators/openapi.json"
        found = await check_against_schema(build(deps).api, path, secret, tmp_path)
        assert not found, found
