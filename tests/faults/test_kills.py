"""kill -9 of each service in the middle of its work."""

import random
import time

import pytest

from pawl.cluster.held import Cluster
from tests.faults.load import Load
from tests.faults.promises import settled

pytestmark = pytest.mark.timeout(300, func_only=True)


@pytest.mark.parametrize("victim", ["ingest", "traces", "evaluators"])
async def test_a_killed_service_loses_and_doubles_nothing(
    cluster: Cluster, project: str, seed: int, victim: str
) -> None:
    chance = random.Random(f"{seed} {victim}")
    with Load(cluster.otlp_url, seed, project) as load:
        load.until(requests=4)
        time.sleep(chance.uniform(0, 1.5))
        cluster[victim].kill()
        assert cluster[victim].readyz() is None
        time.sleep(chance.uniform(0, 1.0))
        cluster[victim].start()
        cluster[victim].until_ready()
        load.until(requests=4)
    await settled(cluster, project, load.sent)
