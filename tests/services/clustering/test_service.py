"""The service on a real log: reviews and failed evaluations become clusters, once."""

import asyncio
from pathlib import Path

import pytest

from libs.contracts.events import ClusterUpdated
from libs.contracts.topics import CLUSTER_UPDATED, EVALUATION_RECORDED
from libs.runtime import App, Deps
from libs.testkit.eventlog_suite import Collector, eventually
from services.clustering.main import build
from tests.services.clustering.world import (
    ACME,
    AGENT,
    Platform,
    clusters,
    example,
    failed,
    recorded,
)

pytestmark = pytest.mark.usefixtures("either_database")


async def dealt_with(deps: Deps) -> None:
    """Wait until every evaluation is."""

    async def none_waits() -> bool:
        return await deps.log.lag("clustering", EVALUATION_RECORDED.name) == 0

    await eventually(none_waits)


async def assert_no_letters(deps: Deps) -> None:
    letters = Collector()
    await deps.log.subscribe(EVALUATION_RECORDED.dead_letter_name, "test", letters)
    await asyncio.sleep(0.2)
    assert letters.values == []


async def test_reviews_become_clusters_and_events(deps: Deps, platform: Platform) -> None:
    platform.examples = [example(n, wrong=n % 3 == 0) for n in range(30)]
    app = build(deps)
    seen = Collector()
    await deps.log.subscribe(CLUSTER_UPDATED.name, "test", seen)
    await app.start()
    await App("datasets", deps).publish([recorded(n) for n in range(3)])
    await seen.until(1)
    event = ClusterUpdated.model_validate_json(seen.values[0])
    assert (event.agent, event.size, event.failure) == (AGENT, 10, "override:approve->reject")
    [listed] = (await clusters(app))["items"]
    assert listed["cluster_id"] == event.cluster_id
    assert (await clusters(app, f"/api/v1/clusters/{event.cluster_id}"))["size"] == 10
    assert (await clusters(app, "/api/v1/clusters?status=resolved"))["items"] == []
    assert (await clusters(app, "/api/v1/clusters/none"))["status"] == 404

    platform.examples += [example(n, wrong=False, position=31 + n) for n in range(30)]
    await App("datasets", deps).publish([recorded(30)])
    await seen.until(2)
    assert ClusterUpdated.model_validate_json(seen.values[1]).status == "resolved"
    await app.stop()


async def test_every_failed_evaluation_counts_until_it_passes(
    deps: Deps, platform: Platform
) -> None:
    app = build(deps)
    await app.start()
    traces = [f"{n:032x}" for n in range(4)]
    platform.inputs = {one: ACME | {"id": one} for one in traces}
    await App("evaluators", deps).publish([failed(one) for one in traces])

    async def found() -> bool:
        items = (await clusters(app))["items"]
        return bool(items) and set(items[0]["members"]) == set(traces)

    await eventually(found)
    await App("evaluators", deps).publish([failed(one, passed=True) for one in traces[1:]])

    async def gone() -> bool:
        return (await clusters(app))["items"][0]["status"] == "resolved"

    await eventually(gone)
    await app.stop()


async def test_what_fails_and_then_passes_at_once_is_no_failure(
    deps: Deps, platform: Platform
) -> None:
    mine, *others = (f"{n:032x}" for n in range(3))
    platform.inputs = {one: ACME | {"id": one} for one in (mine, *others)}
    app = build(deps)
    events = [failed(mine), failed(mine, passed=True), *map(failed, others)]
    await App("evaluators", deps).publish(events)
    await app.start()

    await dealt_with(deps)

    async def found() -> bool:
        items = (await clusters(app))["items"]
        return bool(items) and set(items[0]["members"]) == set(others)

    await eventually(found)
    await app.stop()


async def test_an_agent_may_be_called_what_no_config_can_be_called(
    deps: Deps, platform: Platform
) -> None:
    """Frameworks name agents freely: their failures are grouped, nobody else waits for them."""
    traces = [f"{n:032x}" for n in range(60)]
    platform.inputs = {one: {"id": one} for one in traces}
    app = build(deps)
    await app.start()
    names = ("Support Agent", "../releases", "a\x7f\x00", "long" * 100)
    events = [failed(f"{n:032x}", agent=names[n % 4]) for n in range(60)]
    await App("evaluators", deps).publish(events)

    async def grouped() -> bool:
        found = {one["agent"] for one in (await clusters(app))["items"]}
        return found == {"Support Agent", "../releases"}

    await eventually(grouped)
    await dealt_with(deps)
    await assert_no_letters(deps)
    await app.stop()


async def test_failures_are_kept_however_odd_their_facts(deps: Deps, platform: Platform) -> None:
    """Senders write NaN, halves of surrogate pairs, NUL: no failure of another run waits for it."""
    odd = [{"amount": float("nan")}, {"who": "cut \ud83d"}, {"note": "a\0b"}, {"n": 10**400}]
    deep: list[object] = []
    for _ in range(200):
        deep = [deep]
    traces = [f"{n:032x}" for n in range(len(odd) + 1)]
    documents = [ACME | one for one in odd] + [ACME | {"deep": deep}]
    platform.inputs = dict(zip(traces, documents, strict=True))
    app = build(deps)
    await app.start()
    said = {"explanation": "no\0tool"}
    events = [failed(one).model_copy(update=said) for one in traces]
    await App("evaluators", deps).publish(events)

    async def kept() -> bool:
        items = (await clusters(app))["items"]
        return bool(items) and set(items[0]["members"]) == set(traces[:-1])

    await eventually(kept)
    await dealt_with(deps)
    await assert_no_letters(deps)
    await app.stop()


async def test_a_restart_publishes_nothing_twice(
    tmp_path: Path, deps: Deps, platform: Platform
) -> None:
    platform.examples = [example(n, wrong=n % 3 == 0) for n in range(30)]
    seen = Collector()
    await deps.log.subscribe(CLUSTER_UPDATED.name, "test", seen)
    for _ in range(2):
        app = build(deps)
        await app.start()
        await App("datasets", deps).publish([recorded(1)])

        async def settled(service: App = app) -> bool:
            lag = await deps.log.lag("clustering", "example-recorded-v1")
            return lag == 0 and bool((await clusters(service))["items"])

        await eventually(settled)
        await seen.until(1)
        await asyncio.sleep(0.3)  # what was sent is crossed out; a stop before that sends it again
        await app.stop()
    assert len({record.headers["ce_id"] for record in seen.records}) == len(seen.records) == 1
