"""The whole demo ends as if it had been left alone: killed, badly delivered to, on a cluster.

One file, so that all of it is compared with one undisturbed run. `kill -9` hits the embedded
platform and the demo's own process together, wherever they are. Nothing acknowledged may be lost
and nothing applied twice, or the report, the ledger or the examples would differ.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from libs.testkit.processes import PawlProcess
from pawl.cluster.held import Cluster
from pawl.cluster.processes import start_gateway
from pawl.home import write_endpoints
from tests.simulation.demo_runs import (
    FREE,
    RUN_SECONDS_MAX,
    SEED,
    Alone,
    Rows,
    facts,
    facts_of,
    start,
)

ROOT = Path(__file__).resolve().parents[2]
KILLS = 3
SEEDS = [int(seed) for seed in os.environ.get("PAWL_CHAOS_SEEDS", "1").split(",")]
DEMO = """
import sys
from functools import partial
import pawl.embedded
from libs.testkit.chaos_log import ChaosLog
pawl.embedded.EmbeddedLog = partial(ChaosLog, seed=int(sys.argv.pop(1)))
from pawl_sdk.cli import main
main()
"""
pytestmark = pytest.mark.timeout(900, func_only=True)


def test_killed_at_random_moments_the_demo_ends_as_if_left_alone(
    tmp_path: Path, case: Path, alone: Alone
) -> None:
    chance = random.Random(SEED)
    deaths = 0
    for _ in range(KILLS):
        process = start(tmp_path, case)
        time.sleep(chance.uniform(0.1, 0.35) * alone.seconds)
        deaths += process.ended() is None
        process.kill()
    code = start(tmp_path, case).wait(RUN_SECONDS_MAX)
    assert code == 0, (tmp_path / "demo.log").read_text()
    assert deaths >= 2
    assert facts_of(tmp_path) == alone.facts


@pytest.mark.parametrize("seed", SEEDS)
def test_the_demo_ends_the_same_however_its_events_are_delivered(
    tmp_path: Path, case: Path, alone: Alone, seed: int
) -> None:
    """Twice, late and out of order."""
    arguments = ["--home", str(tmp_path / "home"), "--data", str(case), "--exit"]
    arguments += ["--report", str(tmp_path / "report.json"), *FREE]
    command = [sys.executable, "-c", DEMO, str(seed), "demo", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=RUN_SECONDS_MAX * 2, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert facts_of(tmp_path) == alone.facts


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path / "cluster")
    try:
        made.start()
        yield made
    finally:
        made.stop()


def test_the_demo_reaches_the_same_result_on_a_cluster(
    cluster: Cluster, tmp_path: Path, case: Path, alone: Alone
) -> None:
    home, report = Path(cluster.layout.home), tmp_path / "report.json"
    gateway = start_gateway(cluster.layout)
    write_endpoints(home, cluster.layout.endpoints)
    try:
        arguments = ("--cluster", "--home", str(home), "--data", str(case), "--exit")
        demo = PawlProcess(tmp_path / "demo.log", "demo", *arguments, "--report", str(report))
        code = demo.wait(RUN_SECONDS_MAX)
    finally:
        gateway.kill()
        gateway.wait()
    assert code == 0, demo.output()

    def query(service: str, statement: str) -> Rows:
        return asyncio.run(read(cluster.postgres.url, service, statement))

    assert json.loads(report.read_text())["final"]
    assert facts(report, query) == alone.facts


async def read(url: str, schema: str, statement: str) -> Rows:
    """Rows as they are stored: JSON stays text, as SQLite has it."""
    address = url.replace("+asyncpg", "")
    connection = await asyncpg.connect(address, server_settings={"search_path": schema})
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()
