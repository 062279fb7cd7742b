"""A backup from a while ago is restored as docs/operations.md says: Kafka brings back the rest.

Not among the tests that always run: `python -m pytest tests/faults/restore_drill.py`.
"""

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from libs.testkit.processes import PawlProcess
from pawl.cluster.held import Cluster
from tests.faults.loop_promises import miscounted, released_and_moved
from tests.faults.people import People, agent_name
from tests.faults.promises import settled, until

WITH_A_DATABASE = (
    "traces",
    "clustering",
    "datasets",
    "miner",
    "experiments",
    "review_gate",
    "runtime_config",
)
RUNS = 60
RUNS_AFTER = 20
A_LITTLE = timedelta(seconds=5)
SETTLE_SECONDS_MAX = 60.0
pytestmark = pytest.mark.timeout(300, func_only=True)


def store_of(cluster: Cluster) -> Path:
    return Path(cluster.layout.home) / "data" / "chdb"


def back_up(cluster: Cluster, folder: Path) -> datetime:
    """The database as it runs; the store as its files, without its owner."""
    taken_at = datetime.now(UTC)
    cluster.postgres.client("pg_dump", "-Fc", "-f", str(folder / "pawl.dump"), "pawl")
    cluster["traces"].terminate()
    shutil.copytree(store_of(cluster), folder / "chdb", symlinks=True)
    cluster["traces"].start()
    cluster["traces"].until_ready()
    return taken_at


def restore(cluster: Cluster, folder: Path, taken_at: datetime) -> None:
    """Everything since the backup is lost, except what is in Kafka and in the config repo."""
    for name in WITH_A_DATABASE:
        cluster[name].terminate()
    cluster.postgres.client("dropdb", "--force", "pawl")
    cluster.postgres.client("createdb", "pawl")
    cluster.postgres.client("pg_restore", "-d", "pawl", str(folder / "pawl.dump"))
    shutil.rmtree(store_of(cluster))
    shutil.copytree(folder / "chdb", store_of(cluster), symlinks=True)
    to = (taken_at - A_LITTLE).strftime("%Y-%m-%dT%H:%M:%S")
    for name in WITH_A_DATABASE:
        words = ("topics", "rewind", name, "--to", to, "--bootstrap", cluster.bootstrap)
        rewinding = PawlProcess(folder / "rewind.log", *words)
        assert rewinding.wait(60) == 0, rewinding.output()
    for name in WITH_A_DATABASE:
        cluster[name].start()
    cluster.until_ready()


async def test_what_came_after_the_backup_is_there_after_the_restore(
    cluster: Cluster, project: str, seed: int, tmp_path: Path
) -> None:
    first, second = agent_name(), agent_name()
    async with People(cluster, seed, project) as people:

        async def learn(count: int) -> None:
            known = len(people.runs)
            await people.run(first, count, known)
            for trace_id in list(people.runs)[known:]:
                await people.say(first, trace_id)
            await until(lambda: miscounted(people, first), SETTLE_SECONDS_MAX)

        async def wrong() -> str:
            done = await released_and_moved(people, second)
            if done != (1, [1]):
                return f"{second}: releases, and moves by channel: {done}"
            return await miscounted(people, first)

        await people.import_config(first)
        await learn(RUNS)
        taken_at = await asyncio.to_thread(back_up, cluster, tmp_path)
        await people.import_config(second)
        await learn(RUNS_AFTER)
        await asyncio.to_thread(restore, cluster, tmp_path, taken_at)
        await until(wrong, SETTLE_SECONDS_MAX)
        await settled(cluster, project, people.sent)
        assert await wrong() == ""
