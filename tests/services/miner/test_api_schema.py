"""The miner's API keeps to its own description: no 5xx, no undeclared answer."""

from pathlib import Path

from libs.testkit.api_schema import check_against_schema, key_in
from libs.testkit.apps import embedded_deps
from services.miner.main import build
from tests.services.miner.test_service import Platform


async def test_the_api_keeps_to_its_description(tmp_path: Path) -> None:
    keys_file, secret = key_in(tmp_path)
    async with embedded_deps(tmp_path, Platform().clients(), keys_file=keys_file) as deps:
        app = build(deps)
        await app.start()
        path = "/miner/openapi.json"
        found = await check_against_schema(app.api, path, secret, tmp_path, 8)
        assert not found, found
        await app.stop()
