"""Draft and verdict find each other, whichever comes first, and also at the same moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from libs.contracts.events import ExperimentFinished, ProposalDrafted
from libs.runtime import App
from libs.storage import Database, Transaction
from libs.storage.engine import create_engine
from libs.testkit.apps import embedded_deps
from libs.testkit.proposals import drafted, finished
from services.review_gate.adapters.reviews_sql import SqlReviews
from services.review_gate.tables import EARLY_VERDICTS
from tests.services.review_gate.gatehouse import gatehouse

BLOCKED_SECONDS = 0.5
"""Long enough for a transaction that nobody holds up."""


class HeldUp:
    """A database whose transactions have done everything, and commit when they may."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.is_done = asyncio.Event()
        self.may_commit = asyncio.Event()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        async with self._database.transaction() as tx:
            yield tx
            self.is_done.set()
            await self.may_commit.wait()


async def record(reviews: SqlReviews, event: ProposalDrafted | ExperimentFinished) -> None:
    if isinstance(event, ProposalDrafted):
        await reviews.record_draft(event)
    else:
        await reviews.record_verdict(event)


@pytest.mark.parametrize("first", ["draft", "verdict"])
async def test_a_draft_and_its_verdict_at_the_same_moment_find_each_other(
    tmp_path: Path, either_database: str, first: str
) -> None:
    draft = drafted("0" * 40)
    events = draft, finished(draft)
    early, late = events if first == "draft" else reversed(events)
    async with embedded_deps(tmp_path) as deps:
        app = App("review_gate", deps)
        database = Database.for_service(app, "services.review_gate.migrations")
        await app.start()
        held_up = HeldUp(database)
        one = asyncio.create_task(record(SqlReviews(held_up), early))  # type: ignore[arg-type]
        await held_up.is_done.wait()
        other = asyncio.create_task(record(SqlReviews(database), late))
        await asyncio.wait({other}, timeout=BLOCKED_SECONDS)
        held_up.may_commit.set()
        await asyncio.gather(one, other)
        view = await SqlReviews(database).get(draft.proposal_id)
        assert view is not None
        assert (view.state, view.experiment) == ("drafted", finished(draft))
        async with database.read() as connection:
            assert list(await connection.execute(select(EARLY_VERDICTS))) == []
        await app.stop()


async def test_a_verdict_that_was_left_beside_its_draft_is_taken_up(
    tmp_path: Path, either_database: str
) -> None:
    """As the gate left them on PostgreSQL before draft and verdict took turns."""
    async with gatehouse(tmp_path) as gate:
        await gate.import_config()
        draft = drafted(await gate.main_commit())
        await gate.send(draft)
        await gate.in_state(draft.proposal_id, "drafted")
        engine = create_engine(gate.deps.settings, "review_gate")
        async with engine.begin() as connection:
            beside = {
                "proposal_id": draft.proposal_id,
                "experiment": finished(draft).model_dump_json(),
            }
            await connection.execute(EARLY_VERDICTS.insert().values(**beside))
        await gate.in_state(draft.proposal_id, "open")
        async with engine.connect() as connection:
            assert list(await connection.execute(select(EARLY_VERDICTS))) == []
        await engine.dispose()
