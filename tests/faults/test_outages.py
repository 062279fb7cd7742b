"""Servers stop, hang and come back under load; readiness tells the truth meanwhile."""

import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from pawl.cluster.held import Cluster
from tests.faults.load import Load
from tests.faults.promises import settled
from tests.faults.watch import Watch

NOTICED_SECONDS = 4.0
WRITTEN_BYTES_MAX = 200_000
WITH_A_DATABASE = ("traces", "clustering", "experiments", "review_gate", "runtime_config")
pytestmark = pytest.mark.timeout(300, func_only=True)


def hang(cluster: Cluster, seconds: float) -> None:
    """The broker's process stops where it stands, as with a frozen disk or a cut network."""
    cluster.kafka.send(signal.SIGSTOP)
    time.sleep(seconds)
    cluster.kafka.send(signal.SIGCONT)


def stop_and_start(cluster: Cluster, seconds: float) -> None:
    cluster.kafka.stop()
    time.sleep(seconds)
    cluster.kafka.start()


@pytest.mark.parametrize("outage", [hang, stop_and_start])
async def test_the_broker_goes_away_and_comes_back(
    cluster: Cluster,
    project: str,
    seed: int,
    outage_seconds: float,
    outage: Callable[[Cluster, float], None],
) -> None:
    with Watch(cluster) as watch:
        with Load(cluster.otlp_url, seed, project) as load:
            load.until(requests=6)
            wrote = {name: -one.log_bytes for name, one in cluster.services.items()}
            began = time.monotonic()
            outage(cluster, outage_seconds)
            ended = time.monotonic()
            wrote = {name: size + cluster[name].log_bytes for name, size in wrote.items()}
            load.until(requests=6)
        await settled(cluster, project, load.sent)
    assert max(wrote.values()) < WRITTEN_BYTES_MAX, f"logs of an outage fill a disk: {wrote}"
    for name in cluster.services:
        told = watch.told(name, "event log", since=began, until=ended + NOTICED_SECONDS)
        assert told, f"{name} did not say that the log is away"


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
    with Watch(cluster) as watch:
        with Load(cluster.otlp_url, seed, project) as load:
            load.until(requests=4)
            began = time.monotonic()
            cluster.postgres.stop(signal.SIGQUIT)  # no goodbye to clients, recovery at the start
            gone = time.monotonic()
            time.sleep(outage_seconds)
            back = time.monotonic()
            cluster.postgres.start()
            load.until(requests=4)
        await settled(cluster, project, load.sent)
    for name in WITH_A_DATABASE:
        assert watch.told(name, "database", since=began), f"{name} did not say so"
        assert not watch.always_ready(name, gone + NOTICED_SECONDS / 2, back), name
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
    cluster: Cluster, project: str, seed: int, outage_seconds: float
) -> None:
    with Watch(cluster) as watch:
        with Load(cluster.otlp_url, seed, project) as load:
            load.until(requests=4)
            began = time.monotonic()
            cluster["traces"].send(signal.SIGSTOP)
            time.sleep(outage_seconds)
            ended = time.monotonic()
            cluster["traces"].send(signal.SIGCONT)
        await settled(cluster, project, load.sent)
    assert load.sent.within(began + 1, ended) > outage_seconds, "the door waits for the store"
    assert watch.always_ready("ingest", began, ended)
    assert None in watch.problems("traces", began, ended + NOTICED_SECONDS)
