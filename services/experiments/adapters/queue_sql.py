"""The queue of experiments: durable, in order; one is prepared and one gathers for each agent."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, Update, and_, or_, select, update

from libs.contracts.api import ExperimentView
from libs.contracts.events import EvidenceResult, ExperimentFinished, ProposalDrafted
from libs.facts import storable
from libs.storage import Database, Transaction
from libs.storage.upsert import insert_ignoring
from services.experiments.domain.plan import Frozen
from services.experiments.domain.report import experiment_id_of
from services.experiments.tables import EXPERIMENTS, TESTS


class AlreadyFinished(Exception):
    """Another worker gave the verdict meanwhile: there is nothing left to do."""


@dataclass(frozen=True)
class Job:
    """A candidate is frozen once the row of its test is there: then it gathers evidence."""

    experiment_id: str
    proposal: ProposalDrafted
    frozen: Frozen | None
    attempts: int


class QueueStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, tx: Transaction, proposal: ProposalDrafted, now: datetime) -> None:
        """Queue it once; the same proposal of the same mining run is the same experiment."""
        await tx.execute(
            insert_ignoring(
                tx.connection,
                EXPERIMENTS,
                experiment_id=experiment_id_of(proposal),
                proposal_id=proposal.proposal_id,
                agent=proposal.agent,
                mining_run_id=proposal.mining_run_id,
                state="queued",
                proposal=proposal.model_dump_json(),
                attempts=0,
                note="",
                next_try_at=now,
                queued_at=now,
            )
        )

    async def heads(self, now: datetime) -> list[tuple[str, str]]:
        """(agent, experiment) of each agent's oldest one that is not frozen yet, if it is due."""
        table = EXPERIMENTS.c
        query = (
            select(table.agent, table.experiment_id, table.next_try_at)
            .where(table.state.in_(("queued", "running")))
            .order_by(table.position)
        )
        oldest: dict[str, tuple[str, datetime]] = {}
        async with self._database.read() as connection:
            for row in await connection.execute(query):
                oldest.setdefault(row.agent, (row.experiment_id, row.next_try_at))
        return [(agent, name) for agent, (name, at) in oldest.items() if at <= now]

    async def gathering(self, due_by: datetime | None = None) -> list[tuple[str, str]]:
        """(agent, experiment) of those that gather evidence; with a time those due by it."""
        table = EXPERIMENTS.c
        query = select(table.agent, table.experiment_id).where(table.state == "gathering")
        if due_by is not None:
            query = query.where(table.next_try_at <= due_by)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(table.position))
            return [(row.agent, row.experiment_id) for row in rows]

    async def frozen(self, experiment_id: str) -> Frozen | None:
        """The candidate of one that gathers evidence."""
        query = select(EXPERIMENTS.c.plan).where(
            EXPERIMENTS.c.experiment_id == experiment_id, EXPERIMENTS.c.state == "gathering"
        )
        async with self._database.read() as connection:
            plan = (await connection.execute(query)).scalar()
        return Frozen.model_validate_json(plan) if plan else None

    async def waiting(self) -> int:
        """How many experiments are not finished."""
        query = select(EXPERIMENTS.c.position).where(EXPERIMENTS.c.state != "finished")
        async with self._database.read() as connection:
            return len((await connection.execute(query)).all())

    async def start(self, experiment_id: str, now: datetime) -> Job | None:
        """Take it up, from where it stood; None when it is finished."""
        table = EXPERIMENTS.c
        async with self._database.transaction() as tx:
            query = select(EXPERIMENTS).where(table.experiment_id == experiment_id)
            row = (await tx.execute(query.with_for_update())).one()
            if row.state == "finished":
                return None
            await tx.execute(
                update(EXPERIMENTS)
                .where(table.experiment_id == experiment_id)
                .values(
                    state="gathering" if row.plan else "running", started_at=row.started_at or now
                )
            )
        return Job(
            experiment_id,
            ProposalDrafted.model_validate_json(row.proposal),
            Frozen.model_validate_json(row.plan) if row.plan else None,
            row.attempts,
        )

    async def freeze(self, tx: Transaction, experiment_id: str, frozen: Frozen) -> None:
        """In the transaction that writes the test's row; raises `AlreadyFinished`, undoing it."""
        stored = await tx.execute(
            _unfinished(experiment_id).values(
                state="gathering",
                plan=frozen.model_dump_json(),
                waits_for=frozen.test_number,
                note="",
                attempts=0,
            )
        )
        if stored.rowcount == 0:
            raise AlreadyFinished(experiment_id)

    async def postpone(
        self, experiment_id: str, note: str, next_try_at: datetime, counted: bool
    ) -> None:
        """Try again later; `counted` when it was a failure and not just too early."""
        attempts = EXPERIMENTS.c.attempts + (1 if counted else 0)
        async with self._database.transaction() as tx:
            await tx.execute(
                _unfinished(experiment_id).values(
                    note=storable(note[:2000]), next_try_at=next_try_at, attempts=attempts
                )
            )

    async def finish(self, tx: Transaction, report: ExperimentFinished) -> None:
        """Store the report and publish it, in one transaction.

        Once: a verdict that is out stays, whoever else was at work on the same experiment.
        """
        finished = await tx.execute(
            _unfinished(report.experiment_id).values(
                state="finished",
                verdict=report.verdict,
                result=report.model_dump_json(),
                plan=None,
                note="",
                finished_at=report.finished_at,
            )
        )
        if finished.rowcount:
            await tx.publish(report)

    async def list(
        self,
        agents: Collection[str] | None,
        mining_run_id: str | None,
        after: int,
        limit: int,
    ) -> list[tuple[int, ExperimentView]]:
        """Experiments in the order of their queue, each with its position."""
        table = EXPERIMENTS.c
        query = _with_evidence().where(table.position > after)
        if agents is not None:
            query = query.where(table.agent.in_(agents))
        if mining_run_id is not None:
            query = query.where(table.mining_run_id == mining_run_id)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(table.position).limit(limit))
            return [(row.position, _view(row)) for row in rows]

    async def get(self, experiment_id: str) -> ExperimentView | None:
        query = _with_evidence().where(EXPERIMENTS.c.experiment_id == experiment_id)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        return _view(row) if row else None


def _with_evidence() -> Select[Any]:
    return select(EXPERIMENTS, TESTS.c.evidence).outerjoin(
        TESTS,
        or_(
            TESTS.c.experiment_id == EXPERIMENTS.c.experiment_id,
            and_(  # what waits for its era
                EXPERIMENTS.c.state == "gathering",
                TESTS.c.agent == EXPERIMENTS.c.agent,
                TESTS.c.test_number == EXPERIMENTS.c.waits_for,
            ),
        ),
    )


def _unfinished(experiment_id: str) -> Update:
    return update(EXPERIMENTS).where(
        EXPERIMENTS.c.experiment_id == experiment_id, EXPERIMENTS.c.state != "finished"
    )


def _view(row: Row[Any]) -> ExperimentView:
    return ExperimentView(
        experiment_id=row.experiment_id,
        proposal_id=row.proposal_id,
        agent=row.agent,
        mining_run_id=row.mining_run_id,
        state=row.state,
        note=row.note,
        queued_at=row.queued_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        evidence=EvidenceResult.model_validate_json(row.evidence) if row.evidence else None,
        result=ExperimentFinished.model_validate_json(row.result) if row.result else None,
    )
