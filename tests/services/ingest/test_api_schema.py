"""Requests made from the API's own description, valid and not: no 5xx, no undeclared answer."""

from pathlib import Path
from typing import TYPE_CHECKING

from libs.testkit.api_schema import check_url_against_schema, key_in

if TYPE_CHECKING:
    from tests.services.ingest.conftest import Open


async def test_the_api_keeps_to_its_description(open_door: "Open", tmp_path: Path) -> None:
    keys_file, secret = key_in(tmp_path, "ingest")
    async with open_door(keys_file=keys_file) as door:
        url = f"{door.url}/ingest/openapi.json"
        found = await check_url_against_schema(url, secret, tmp_path, cases=40)
    assert not found, found
