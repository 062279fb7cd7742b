"""The gate's API keeps to its own description: no 5xx, no undeclared answer."""

from pathlib import Path

from libs.testkit.api_schema import check_against_schema, key_in
from libs.testkit.proposals import drafted, finished
from tests.services.review_gate.gatehouse import gatehouse


async def test_the_api_keeps_to_its_description(tmp_path: Path) -> None:
    keys_file, secret = key_in(tmp_path)
    async with gatehouse(tmp_path, keys_file=keys_file) as gate:
        gate.api.headers["x-api-key"] = secret
        await gate.import_config()
        draft = drafted(await gate.main_commit())
        await gate.opened(draft, finished(draft))
        path = "/review_gate/openapi.json"
        found = await check_against_schema(gate.app.api, path, secret, tmp_path)
        assert not found, found
