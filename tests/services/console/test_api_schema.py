"""The reports' API keeps to its own description: no 5xx, no undeclared answer."""

from pathlib import Path

from libs.runtime.keys import KeysFile, new_key, write_keys
from libs.testkit.api_schema import check_against_schema
from tests.services.console.conftest import running_console


async def test_the_api_keeps_to_its_description(tmp_path: Path) -> None:
    secret, entry = new_key("tester", frozenset({"admin"}))
    write_keys(tmp_path / "keys.yaml", KeysFile(keys=(entry,)))
    async with running_console(tmp_path, keys_file=tmp_path / "keys.yaml") as console:
        path = "/console/openapi.json"
        found = await check_against_schema(console.app.api, path, secret, tmp_path)
        assert not found, found
