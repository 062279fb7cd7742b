"""Clustering's API keeps to its own description: no 5xx, no undeclared answer."""

from pathlib import Path

from libs.contracts.topics import CLUSTER_UPDATED
from libs.runtime import App
from libs.testkit.api_schema import check_against_schema, key_in
from libs.testkit.apps import embedded_deps
from libs.testkit.eventlog_suite import Collector
from services.clustering.main import build
from tests.services.clustering.test_service import Platform, example, recorded


async def test_the_api_keeps_to_its_description(tmp_path: Path) -> None:
    keys_file, secret = key_in(tmp_path)
    platform = Platform()
    platform.examples = [example(n, wrong=n % 3 == 0) for n in range(30)]
    async with embedded_deps(tmp_path, platform.clients(), keys_file=keys_file) as deps:
        app = build(deps)
        seen = Collector()
        await deps.log.subscribe(CLUSTER_UPDATED.name, "test", seen)
        await app.start()
        await App("datasets", deps).publish([recorded(1)])
        await seen.until(1)
        path = "/clustering/openapi.json"
        found = await check_against_schema(app.api, path, secret, tmp_path, 8)
        assert not found, found
        await app.stop()
