"""Servers stop, hang and come back under load; readiness tells the truth meanwhile."""

import asyncio
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from libs.contracts.routes import SERVICES
from libs.contracts.topics import OTLP_SPANS
from libs.runtime.health import PROBE_SECONDS_MAX
from pawl.cluster.held import Cluster
from tests.faults.at_work import people_at_work
from tests.faults.load import PUBLISH_SECONDS, TRACES_PER_REQUEST, Load
from tests.faults.promises import lag_of, settled
from tests.faults.slow_store import slow_store
from tests.faults.watch import Watch

NOTICED_SECONDS = 4.0
WRITTEN_BYTES_MAX = 200_000
WITHOUT_A_DATABASE = ("ingest", "evaluators")
WITH_A_DATABASE = tuple(name for name in SERVICES if name not in WITHOUT_A_DATABASE)
pytestmark = pytest.mark.timeout(300, func_only=True)
Times = tuple[float, float]


def hang(cluster: Cluster, seconds: float) -> Times:
    """The broker's process stops where it stands, as with a frozen disk or a cut network.

    For longer than a publication waits: who waits at the door has to be told so.
    """
    cluster.kafka.send(signal.SIGSTOP)
    gone = time.monotonic()
    time.sleep(max(seconds, PUBLISH_SECONDS + 3))
    back = time.monotonic()
    cluster.kafka.send(signal.SIGCONT)
    return gone, back


def stop_and_start(cluster: Cluster, seconds: float) -> Times:
    cluster.kafka.stop()
    gone = time.monotonic()
    time.sleep(seconds)
    back = time.monotonic()
    cluster.kafka.start()
    return gone, back


def crash_postgresql(cluster: Cluster, seconds: float) -> Times:
    """No goodbye to clients, and recovery at the start."""
    cluster.postgres.stop(signal.SIGQUIT)
    gone = time.monotonic()
    time.sleep(seconds)
    back = time.monotonic()
    cluster.postgres.start()
    return gone, back


@pytest.mark.parametrize("outage", [hang, stop_and_start])
async def test_the_broker_goes_away_and_comes_back(
    cluster: Cluster,
    project: str,
    seed: int,
    outage_seconds: float,
    outage: Callable[[Cluster, float], Times],
) -> None:
    async with people_at_work(cluster, project, seed) as work:
        with Watch(cluster) as watch:
            with Load(cluster.otlp_url, seed, project) as load:
                await asyncio.to_thread(load.until, 6)
                wrote = {name: -one.log_bytes for name, one in cluster.services.items()}
                work.begin()
                gone, back = await asyncio.to_thread(outage, cluster, outage_seconds)
                unheard = work.waiting
                wrote = {name: size + cluster[name].log_bytes for name, size in wrote.items()}
                await asyncio.to_thread(load.until, 6)
            await work.done()
            await settled(cluster, project, load.sent | work.people.sent)
    assert max(wrote.values()) < WRITTEN_BYTES_MAX, f"logs of an outage fill a disk: {wrote}"
    assert unheard, "no word was on its way: the outage met nobody"
    for name in cluster.services:
        told = watch.told(name, "event log", since=gone, until=back + NOTICED_SECONDS)
        assert told, f"{name} did not say that the log is away"
        late = watch.problems(name, gone + NOTICED_SECONDS / 4, back)
        assert watch.never_ready(name, gone + NOTICED_SECONDS / 4, back), (name, late)
    if outage is hang:
        assert any(one.startswith("503") for one in load.sent.refusals), load.sent.refusals


async def test_a_service_ends_in_time_while_the_broker_is_away(
    cluster: Cluster, project: str, seed: int
) -> None:
    victims = ("ingest", "traces")
    with Load(cluster.otlp_url, seed, project) as load:
        load.until(requests=4)
        cluster.kafka.send(signal.SIGSTOP)
        try:
            time.sleep(1.0)
            with ThreadPoolExecutor() as pool:
                ending = [pool.submit(cluster[name].terminate, 30) for name in victims]
                took = [one.result() for one in ending]
        finally:
            cluster.kafka.send(signal.SIGCONT)
        for name in victims:
            cluster[name].start()
        for name in victims:
            cluster[name].until_ready()
        load.until(requests=4)
    assert max(took) < 25, took
    await settled(cluster, project, load.sent)


async def test_a_service_that_starts_while_the_broker_is_away_waits_for_it(
    cluster: Cluster, project: str, seed: int
) -> None:
    cluster["evaluators"].kill()
    cluster.kafka.stop()
    cluster["evaluators"].start()
    deadline = time.monotonic() + 60
    while "waiting" not in ((cluster["evaluators"].readyz() or {}).get("problems") or {}):
        assert cluster["evaluators"].alive, cluster["evaluators"].log()
        assert time.monotonic() < deadline, cluster["evaluators"].log()
        time.sleep(0.2)
    alive = httpx.get(f"{cluster['evaluators'].url}/healthz", trust_env=False)
    cluster.kafka.start()
    assert alive.status_code == httpx.codes.OK
    with Load(cluster.otlp_url, seed, project) as load:
        load.until(requests=4)
    await settled(cluster, project, load.sent)


async def test_postgresql_crashes_and_restarts(
    cluster: Cluster, project: str, seed: int, outage_seconds: float
) -> None:
    async with people_at_work(cluster, project, seed) as work:
        with Watch(cluster) as watch:
            with Load(cluster.otlp_url, seed, project) as load:
                await asyncio.to_thread(load.until, 4)
                began = time.monotonic()
                work.begin()
                gone, back = await asyncio.to_thread(crash_postgresql, cluster, outage_seconds)
                unheard = work.waiting
                await asyncio.to_thread(load.until, 4)
            await work.done()
            await settled(cluster, project, load.sent | work.people.sent)
    assert unheard, "no config was on its way: the outage met nobody"
    for name in WITH_A_DATABASE:
        assert watch.told(name, "database", since=began), f"{name} did not say so"
        late = watch.problems(name, gone + NOTICED_SECONDS / 4, back)
        assert watch.never_ready(name, gone + NOTICED_SECONDS / 4, back), (name, late)
    assert load.sent.within(gone, back) > 0, "the door needs no database"
    assert watch.always_ready("ingest", began)


async def test_redis_vanishes_and_nothing_breaks(
    cluster: Cluster, project: str, seed: int, outage_seconds: float
) -> None:
    with Watch(cluster) as watch:
        with Load(cluster.otlp_url, seed, project) as load:
            load.until(requests=3)
            began = time.monotonic()
            cluster.redis.stop()
            time.sleep(outage_seconds / 2)
            load.until(requests=6)
            ended = time.monotonic()
            cluster.redis.start()
        await settled(cluster, project, load.sent)
    assert load.sent.refusals == []
    for name in cluster.services:
        assert watch.always_ready(name, began, ended), watch.problems(name, began, ended)


async def test_a_slow_store_holds_back_nobody_at_the_door(
    cluster: Cluster, project: str, seed: int, outage_seconds: float, tmp_path: Path
) -> None:
    behind = [0]
    with slow_store(cluster, tmp_path) as store, Watch(cluster) as watch:
        async with lag_of(cluster) as lag:
            with Load(cluster.otlp_url, seed, project) as load:
                load.until(requests=4)
                began = time.monotonic()
                store.late_by(PROBE_SECONDS_MAX + 1)
                while time.monotonic() < began + outage_seconds:
                    behind.append((await lag()).get(f"{OTLP_SPANS.name} traces", 0))
                ended = time.monotonic()
                store.late_by(0)
        await settled(cluster, project, load.sent)
    sent = load.sent.within(began + 1, ended)
    assert sent > outage_seconds, "the door waits for the store"
    records_per_second = TRACES_PER_REQUEST * sent / outage_seconds
    assert max(behind) > PROBE_SECONDS_MAX * records_per_second, f"no lag told of it: {behind}"
    assert watch.always_ready("ingest", began, ended)
    assert watch.told("traces", "clickhouse", began, ended + NOTICED_SECONDS)
    said = watch.problems("traces", began, ended)
    assert None not in said, f"it did not answer while it waited: {said}"
