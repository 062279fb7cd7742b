"""One cluster for all fault tests; each starts from a whole one and uses a project of its own."""

import os
from collections.abc import Iterator

import pytest

from pawl.cluster.held import Cluster
from tests.faults.load import PUBLISH_SECONDS
from tests.faults.promises import drop, letters

SEED = int(os.environ.get("PAWL_FAULT_SEED", "1"))
ROUNDS = int(os.environ.get("PAWL_FAULT_ROUNDS", "1"))
"""How often every test runs, each time with the next seed and on what the last round left."""
OUTAGE_SECONDS = float(os.environ.get("PAWL_FAULT_OUTAGE_SECONDS", "6"))
"""The issue's 20 seconds, shortened so that the whole folder fits into CI; set it to lengthen."""

QUICK = {
    "PAWL_TRACES_QUIET_SECONDS": "0.5",
    "PAWL_RUNTIME_CONFIG_PROCEDURE_CANARY_WEIGHT": "0",  # what is approved is served to all at once
    "PAWL_KAFKA_SESSION_SECONDS": "3",
    "PAWL_KAFKA_PUBLISH_SECONDS": str(PUBLISH_SECONDS),
}


@pytest.fixture(scope="session")
def _one_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), **QUICK)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def cluster(_one_cluster: Cluster) -> Cluster:
    _one_cluster.mend()
    drop(_one_cluster, letters(_one_cluster))
    return _one_cluster


@pytest.fixture
def project(request: pytest.FixtureRequest) -> str:
    """A project of the test's own, so that it counts its own spans only."""
    return f"{request.node.name[:60]}-{os.urandom(3).hex()}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The same seed gives the same traces and the same choices."""
    if "seed" in metafunc.fixturenames:
        seeds = range(SEED, SEED + ROUNDS)
        # "session": round after round, not test after test.
        metafunc.parametrize("seed", seeds, ids="seed-{}".format, scope="session")


@pytest.fixture
def outage_seconds() -> float:
    return OUTAGE_SECONDS
