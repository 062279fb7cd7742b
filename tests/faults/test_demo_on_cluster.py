"""`pawl demo --cluster`: the same loop over Kafka, PostgreSQL and separate processes."""

import asyncio
import json
from pathlib import Path

import asyncpg
import pytest

from libs.testkit.processes import PawlProcess
from pawl.cluster.held import Cluster
from pawl.cluster.processes import start_gateway
from pawl.home import write_endpoints
from tests.simulation.demo_runs import CYCLES, RUN_SECONDS_MAX, Alone, Rows, facts


async def read(url: str, schema: str, statement: str) -> Rows:
    """Rows as they are stored: JSON stays text, as SQLite has it."""
    address = url.replace("+asyncpg", "")
    connection = await asyncpg.connect(address, server_settings={"search_path": schema})
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()


@pytest.mark.timeout(900, func_only=True)
def test_the_demo_reaches_the_same_result_on_a_cluster(
    cluster: Cluster, tmp_path: Path, case: Path, alone: Alone
) -> None:
    home, report = Path(cluster.layout.home), tmp_path / "report.json"
    gateway = start_gateway(cluster.layout)
    write_endpoints(home, cluster.layout.endpoints)
    try:
        arguments = (
            "--cluster",
            "--home",
            str(home),
            "--data",
            str(case),
            "--exit",
            "--cycles",
            CYCLES,
        )
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
