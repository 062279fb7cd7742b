"""The API of datasets keeps to its own description: no 5xx, no undeclared answer."""

from pathlib import Path

from libs.testkit.api_schema import check_against_schema, key_in
from tests.services.datasets.bench import open_bench
from tests.services.datasets.world import World


async def test_the_api_keeps_to_its_description(tmp_path: Path) -> None:
    keys_file, secret = key_in(tmp_path)
    async with open_bench(tmp_path, World(), keys_file=keys_file) as bench:
        bench.http.headers["x-api-key"] = secret
        await bench.learn(range(60))
        path = "/datasets/openapi.json"
        found = await check_against_schema(bench.app.api, path, secret, tmp_path, 8)
        assert not found, found
