"""The reports' API keeps to its own description: no 5xx, no undeclared answer."""

from pathlib import Path

from libs.testkit.api_schema import check_against_schema, key_in
from tests.services.console.conftest import running_console


async def test_the_api_keeps_to_its_description(tmp_path: Path) -> None:
    keys_file, secret = key_in(tmp_path)
    async with running_console(tmp_path, keys_file=keys_file) as console:
        path = "/console/openapi.json"
        found = await check_against_schema(console.app.api, path, secret, tmp_path)
        assert not found, found
