"""The acceptor's API keeps to its own description: no 5xx, no undeclared answer."""

from pathlib import Path

from libs.testkit.api_schema import check_against_schema, key_in
from tests.services.experiments.bench import gathering, open_bench
from tests.services.experiments.world import HARMFUL, SECURITY, World, proposal


async def test_the_api_keeps_to_its_description(tmp_path: Path) -> None:
    keys_file, secret = key_in(tmp_path)
    world = World()
    async with open_bench(tmp_path, world, keys_file=keys_file) as bench:
        bench.http.headers["x-api-key"] = secret
        await bench.announce()
        await bench.learn(range(60))
        refused = proposal(world, [HARMFUL], author="claude")
        await bench.publish(refused)
        await bench.verdict(refused.proposal_id)
        await gathering(bench, [SECURITY], "run-2")
        path = "/experiments/openapi.json"
        found = await check_against_schema(bench.app.api, path, secret, tmp_path, 8)
        assert not found, found
