"""kill -9 of `ingest` and `traces` over Kafka at random points under load, as in benchmarks.kills.

Kafka, PostgreSQL, Redis and both services run as processes of their own; one of the two services
is killed and started again, twenty times.
"""

import random
import time

from benchmarks.acknowledged import Senders, verdict
from benchmarks.backlog import drained
from benchmarks.bars import Outcome
from benchmarks.context import Context
from benchmarks.kills import KILLS, QUICK_KILLS, SEED, SENDERS, STORED_SECONDS_MAX, bars_of
from benchmarks.servers import Api
from libs.contracts.topics import OTLP_SPANS
from pawl.cluster.held import Cluster

KINDS = ("ingest", "traces")
ALIVE_SECONDS = (0.3, 3.0)


class ClusterApi(Api):
    """The query API of the cluster's trace store."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    @property
    def api_url(self) -> str:
        return f"{self._cluster['traces'].url}/api/v1"

    def until_idle(self, seconds_max: float = 600.0) -> None:
        drained(self._cluster, ("traces",), (OTLP_SPANS.name,), seconds_max)


def run(context: Context) -> Outcome:
    """One cluster, kills of either service."""
    rng = random.Random(SEED)
    kills = QUICK_KILLS if context.quick else KILLS
    killed = dict.fromkeys(KINDS, 0)
    context.folder.chmod(0o755)  # PostgreSQL runs as another user
    context.say("starting a cluster")
    cluster = Cluster(context.folder / "kills-cluster", KINDS)
    try:
        cluster.start()
        with Senders(SENDERS, lambda: f"{cluster.otlp_url}/v1/traces") as senders:
            for number in range(kills):
                service = cluster[rng.choice(KINDS)]
                context.say(f"kill {number + 1} of {kills}: {service.name}")
                time.sleep(rng.uniform(*ALIVE_SECONDS))
                service.kill()
                killed[service.name] += 1
                service.start()
                service.until_ready()
            time.sleep(1.0)
        found = verdict(ClusterApi(cluster), senders, STORED_SECONDS_MAX)
    finally:
        cluster.stop()
    return Outcome(bars_of(found), found | {"killed": killed})
