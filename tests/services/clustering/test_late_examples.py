"""Experiments hears a word later than clustering: in the end it is clustered all the same."""

import asyncio

import pytest

from libs.contracts.topics import FEEDBACK_RECORDED
from libs.runtime import App, Deps
from libs.testkit.eventlog_suite import Collector, eventually
from services.clustering.main import build
from tests.services.clustering.world import Platform, clusters, example, feedback


async def test_a_word_that_becomes_an_example_late_is_clustered_all_the_same(
    deps: Deps, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWL_CLUSTERING_REFRESH_SECONDS", "0.05")
    monkeypatch.setenv("PAWL_CLUSTERING_LOOK_AGAIN_SECONDS", "0.1")
    app = build(deps)
    await app.start()
    await App("traces", deps).publish([feedback(0)])

    async def heard() -> bool:
        return await deps.log.lag("clustering", FEEDBACK_RECORDED.name) == 0

    await eventually(heard)
    await asyncio.sleep(0.5)
    assert (await clusters(app))["items"] == []
    platform.examples = [example(n, wrong=n % 3 == 0) for n in range(30)]
    await asyncio.sleep(0.5)
    assert (await clusters(app))["items"] == [], "experiments has not committed: more may come"
    await deps.log.subscribe(FEEDBACK_RECORDED.name, "experiments", Collector())

    async def found() -> bool:
        return [one["size"] for one in (await clusters(app))["items"]] == [10]

    await eventually(found)
    await app.stop()
