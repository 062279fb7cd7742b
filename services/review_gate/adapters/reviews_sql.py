"""The gate's record in SQL. A row holds the whole view; the columns beside it are for queries."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update

from libs.contracts.api import Page, ProposalView
from libs.contracts.api.proposals import ProposalState
from libs.contracts.events import ExperimentFinished, ProposalDecided, ProposalDrafted
from libs.runtime.tracing import continuing
from libs.storage import Database, Transaction, upsert
from services.review_gate.domain.ports import Import, Intent, Snapshot
from services.review_gate.tables import EARLY_VERDICTS, IMPORTS, PROPOSALS


class SqlReviews:
    """Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record_draft(self, event: ProposalDrafted) -> None:
        async with self._turn(event.proposal_id) as tx:
            if not await tx.first_time(event) or await _view(tx, event.proposal_id):
                return
            view = ProposalView(
                proposal=event, experiment=None, state="drafted", updated_at=event.drafted_at
            )
            await tx.execute(
                PROPOSALS.insert().values(
                    proposal_id=event.proposal_id,
                    agent=event.agent,
                    mining_run_id=event.mining_run_id,
                    **_columns(view),
                )
            )
            await _join_early_verdict(tx, event.proposal_id)

    async def record_verdict(self, event: ExperimentFinished) -> None:
        async with self._turn(event.proposal_id) as tx:
            if not await tx.first_time(event):
                return
            await tx.remember(event.proposal_id)
            view = await _view(tx, event.proposal_id)
            if view is None:
                early = {"proposal_id": event.proposal_id, "experiment": event.model_dump_json()}
                await tx.execute(upsert(tx.connection, EARLY_VERDICTS, **early))
                return
            # An inconclusive proposal may be tested again; any other state is final.
            await _change(tx, _tested(view, event), ("drafted", "inconclusive"))

    async def join_early_verdicts(self) -> None:
        apart = select(EARLY_VERDICTS.c.proposal_id).where(
            EARLY_VERDICTS.c.proposal_id.in_(select(PROPOSALS.c.proposal_id))
        )
        async with self._database.read() as connection:
            found = list((await connection.execute(apart)).scalars())
        for proposal_id in found:
            async with self._turn(proposal_id) as tx:
                await _join_early_verdict(tx, proposal_id)

    async def get(self, proposal_id: str) -> ProposalView | None:
        found = await self._views(_is(proposal_id))
        return found[0] if found else None

    async def in_state(
        self, state: ProposalState, agent: str | None = None
    ) -> Sequence[ProposalView]:
        conditions = [PROPOSALS.c.state == state]
        if agent is not None:
            conditions.append(PROPOSALS.c.agent == agent)
        return await self._views(*conditions)

    async def page(
        self,
        filters: Mapping[str, str | None],
        before: int | None,
        limit: int,
        agents: Collection[str] | None,
    ) -> Page[ProposalView]:
        """Newest first; `before` is the cursor of the page before; `agents` None: of all."""
        query = select(PROPOSALS.c.sequence, PROPOSALS.c.view)
        if agents is not None:
            query = query.where(PROPOSALS.c.agent.in_(agents))
        for name, value in filters.items():
            if value is not None:
                query = query.where(PROPOSALS.c[name] == value)
        if before is not None:
            query = query.where(PROPOSALS.c.sequence < before)
        query = query.order_by(PROPOSALS.c.sequence.desc()).limit(limit + 1)
        async with self._database.read() as connection:
            rows = list(await connection.execute(query))
        items = tuple(ProposalView.model_validate_json(row.view) for row in rows[:limit])
        more = str(rows[limit - 1].sequence) if len(rows) > limit else None
        return Page[ProposalView](items=items, next_cursor=more)

    async def conclude(self, view: ProposalView) -> None:
        async with self._database.transaction() as tx:
            await _change(tx, view, ("drafted",))

    async def open(self, view: ProposalView) -> None:
        async with self._database.transaction() as tx:
            await _change(tx, view, ("drafted",))

    async def claim(self, proposal_id: str, intent: Intent) -> Intent | None:
        document = asdict(intent) | {"decided_at": intent.decided_at.isoformat()}
        async with self._database.transaction() as tx:
            await tx.execute(
                update(PROPOSALS)
                .where(_is(proposal_id), PROPOSALS.c.state == "open")
                .where(PROPOSALS.c.intent.is_(None))
                .values(intent=document)
            )
            in_force = await tx.execute(select(PROPOSALS.c.intent).where(_is(proposal_id)))
            return _intent(in_force.scalar_one_or_none())

    async def unclaim(self, proposal_id: str) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(update(PROPOSALS).where(_is(proposal_id)).values(intent=None))

    async def claimed(self) -> Sequence[tuple[ProposalView, Intent]]:
        query = select(PROPOSALS.c.view, PROPOSALS.c.intent).where(PROPOSALS.c.intent.is_not(None))
        async with self._database.read() as connection:
            rows = list(await connection.execute(query.order_by(PROPOSALS.c.sequence)))
        pairs = [(ProposalView.model_validate_json(row.view), _intent(row.intent)) for row in rows]
        return [(view, intent) for view, intent in pairs if intent is not None]

    async def settle(self, view: ProposalView, event: ProposalDecided) -> None:
        cause = await self._database.cause(event.proposal_id)
        with continuing(cause, "review_gate decide"):
            async with self._database.transaction() as tx:
                if await _change(tx, view, ("drafted", "open")):
                    await tx.publish(event)

    async def record_import(
        self, first: Import, snapshot: Snapshot, decided: ProposalDecided
    ) -> None:
        async with self._database.transaction() as tx:
            there = select(IMPORTS.c.agent).where(IMPORTS.c.agent == first.agent)
            if (await tx.execute(there)).scalar_one_or_none():
                return
            await tx.execute(
                IMPORTS.insert().values(
                    agent=first.agent,
                    commit=snapshot.commit,
                    files=dict(first.files),
                    imported_at=first.at,
                )
            )
            await tx.publish(decided)

    async def imported_files(self, agent: str) -> Mapping[str, str] | None:
        query = select(IMPORTS.c.files).where(IMPORTS.c.agent == agent)
        async with self._database.read() as connection:
            files: Mapping[str, str] | None = (await connection.execute(query)).scalar_one_or_none()
        return files

    @asynccontextmanager
    async def _turn(self, proposal_id: str) -> AsyncIterator[Transaction]:
        """A transaction for a draft or a verdict.

        Side by side neither would see the other: the verdict stays early, the draft without one.
        SQLite has one writer anyway.
        """
        async with self._database.transaction() as tx:
            if tx.connection.dialect.name == "postgresql":
                # Two numbers: locks of one number, as those of the outbox, never meet them.
                numbers = func.hashtext("review_gate proposal"), func.hashtext(proposal_id)
                await tx.execute(select(func.pg_advisory_xact_lock(*numbers)))
            yield tx

    async def _views(self, *conditions: ColumnElement[bool]) -> list[ProposalView]:
        query = select(PROPOSALS.c.view).where(*conditions).order_by(PROPOSALS.c.sequence)
        async with self._database.read() as connection:
            rows = list(await connection.execute(query))
        return [ProposalView.model_validate_json(row.view) for row in rows]


def _is(proposal_id: str) -> ColumnElement[bool]:
    matches: ColumnElement[bool] = PROPOSALS.c.proposal_id == proposal_id
    return matches


async def _view(tx: Transaction, proposal_id: str) -> ProposalView | None:
    found = await tx.execute(select(PROPOSALS.c.view).where(_is(proposal_id)))
    text = found.scalar_one_or_none()
    return ProposalView.model_validate_json(text) if text else None


async def _join_early_verdict(tx: Transaction, proposal_id: str) -> None:
    """Give a proposal that is there the verdict that came before it, unless it has a later one."""
    taken = await tx.execute(
        delete(EARLY_VERDICTS)
        .where(EARLY_VERDICTS.c.proposal_id == proposal_id)
        .returning(EARLY_VERDICTS.c.experiment)
    )
    text, view = taken.scalar_one_or_none(), await _view(tx, proposal_id)
    if text and view and view.experiment is None:
        verdict = ExperimentFinished.model_validate_json(text)
        await _change(tx, _tested(view, verdict), ("drafted",))


async def _change(tx: Transaction, view: ProposalView, states: tuple[ProposalState, ...]) -> bool:
    """Write the view if the row is in one of the states; whether it was."""
    result = await tx.execute(
        update(PROPOSALS)
        .where(_is(view.proposal.proposal_id), PROPOSALS.c.state.in_(states))
        .values(intent=None, **_columns(view))
    )
    return bool(result.rowcount)


def _tested(view: ProposalView, verdict: ExperimentFinished) -> ProposalView:
    changed = {"experiment": verdict, "state": "drafted", "updated_at": verdict.finished_at}
    return view.model_copy(update=changed)


def _columns(view: ProposalView) -> dict[str, Any]:
    return {"state": view.state, "view": view.model_dump_json(), "updated_at": view.updated_at}


def _intent(document: Mapping[str, Any] | None) -> Intent | None:
    if document is None:
        return None
    at = datetime.fromisoformat(document["decided_at"])
    return Intent(**{**document, "decided_at": at})
