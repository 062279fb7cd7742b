"""The same acceptor on SQLite and PostgreSQL; the migrations make the tables that the code uses."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, select
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.local import LocalPostgres
from libs.contracts.events import AgentStatusReported
from libs.storage.engine import create_engine
from libs.storage.tables import INBOX
from services.experiments.tables import INSTANCES, METADATA
from tests.services.experiments.bench import Bench, gathering, open_bench, seen
from tests.services.experiments.test_one_change_at_a_time import decided
from tests.services.experiments.victim import FRESH
from tests.services.experiments.world import (
    AGENT,
    MARKETING,
    REPLAY_URL,
    SECURITY,
    START,
    USELESS,
    World,
)


@pytest.fixture
async def postgres_url(postgres: LocalPostgres) -> str:
    engine = create_async_engine(postgres.url)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("DROP SCHEMA IF EXISTS experiments CASCADE")
    await engine.dispose()
    return postgres.url


async def test_migrations_make_the_tables_that_the_code_uses(bench: Bench) -> None:
    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"include_name": _ours})
        return compare_metadata(context, METADATA)

    engine = create_engine(bench.app.deps.settings, "experiments")
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


def _ours(name: str | None, kind: str, parents: Any) -> bool:
    return kind != "table" or (name or "").startswith("experiments_")


@pytest.mark.usefixtures("either_database")
async def test_a_whole_life_runs_on_either_database(tmp_path: Path) -> None:
    """Waiting, reviewed again, accepted; refused by a person; then a second test."""
    world = World()
    async with open_bench(tmp_path, world) as bench:
        await bench.announce()
        await bench.learn(range(60))
        view = await gathering(bench, [SECURITY, USELESS, MARKETING])
        await bench.learn(range(60))
        waiting = await seen(bench, 120)
        assert waiting.evidence is not None
        assert waiting.evidence.n == 0, "reviewed again, and known already"
        await bench.learn(FRESH)
        result = await bench.verdict(view.proposal_id)
        assert result.verdict == "accept", result.reasons
        assert result.edits == (SECURITY, MARKETING)
        await bench.publish(decided(view.proposal_id, "rejected"))
        await bench.handled("proposal-decided-v1")
        await gathering(bench, [SECURITY], "run-2")
        entries = (await bench.ledger()).entries
        assert [(one.outcome, one.promoted_before) for one in entries] == [
            ("promoted", 0),
            ("open", 1),
        ]


async def test_two_processes_do_not_run_one_agents_experiments_at_once(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two replicas of the service over one database and one log: one verdict, one ledger row."""
    world = World()
    monkeypatch.setenv("PAWL_EXPERIMENTS_WORKER", "one")
    async with open_bench(tmp_path, world, database_url=postgres_url) as one:
        await one.announce()
        await one.learn(range(60))
        monkeypatch.setenv("PAWL_EXPERIMENTS_WORKER", "two")
        async with open_bench(tmp_path, world, database_url=postgres_url) as two:
            view = await gathering(one, [SECURITY, USELESS, MARKETING])
            await one.learn(FRESH)
            assert (await two.verdict(view.proposal_id)).verdict == "accept"
            assert len((await two.ledger()).entries) == 1
            runs = world.replays
            assert len(runs) == len(set(runs))  # no run of the agent was made twice


async def test_what_an_instance_says_every_minute_leaves_one_row_and_the_newest_counts(
    bench: Bench,
) -> None:
    """Also when it comes twice, or late: nothing of it is remembered but the instance."""
    newer, older = f"{REPLAY_URL}/newer", f"{REPLAY_URL}/older"
    said = [status(newer, minutes=5), status(older, minutes=1), status(newer, minutes=5)]
    await bench.publish(*said, *(status(older, minutes=-n) for n in range(20)))
    await bench.handled("agent-status-reported-v1")
    engine = create_engine(bench.app.deps.settings, "experiments")
    async with engine.connect() as connection:
        [instance] = list(await connection.execute(select(INSTANCES)))
        remembered = list(await connection.execute(select(INBOX)))
    await engine.dispose()
    assert (instance.replay_url, instance.reported_at) == (newer, said[0].reported_at)
    assert remembered == []


def status(url: str, minutes: int) -> AgentStatusReported:
    digest = "sha256:" + "0" * 64
    return AgentStatusReported(
        agent=AGENT, channel="production", instance_id="one", desired_digest=digest,
        desired_generation=1, applied_digest=digest, applied_generation=1, state="applied",
        replay_url=url, sdk_version="0.1.0", reported_at=START + timedelta(minutes=minutes),
    )  # fmt: skip
