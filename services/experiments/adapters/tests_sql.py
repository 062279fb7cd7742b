"""The ledger: every sequential test of an agent's life, written before anything is compared."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.acceptance.lifetime import LifetimeTerms, Outcome, Spent, next_level
from libs.contracts.api import LedgerEntry
from libs.contracts.api.experiments import TestOutcome
from libs.contracts.events import EvidenceKind, EvidenceResult
from libs.storage import Database, Transaction
from services.experiments.tables import TESTS


@dataclass(frozen=True)
class OpenTest:
    """A test whose evidence is gathered."""

    agent: str
    test_number: int
    kind: EvidenceKind
    experiment_id: str | None
    baseline_digest: str
    level: float
    promoted_before: int
    from_position: int
    through_position: int
    state: str | None
    evidence: EvidenceResult | None


@dataclass(frozen=True)
class NewTest:
    """What is fixed when a test is opened; number and level follow from the tests before it."""

    kind: EvidenceKind
    experiment_id: str | None
    baseline_digest: str
    candidate_digest: str | None
    from_position: int
    level: float | None = None
    """For a test that promotes nothing, and so takes no part of the agent's budget."""


class TestLedger:
    __test__ = False  # no class of tests, whatever its name

    def __init__(self, database: Database, terms: LifetimeTerms) -> None:
        self._database = database
        self._terms = terms

    async def open(self, tx: Transaction, agent: str, new: NewTest, now: datetime) -> int:
        """Write the row of a test that begins; its number. The agent's lease is held."""
        before = await self._tests(tx.connection, agent, new.from_position)
        number = len(before) + 1
        counted = [spent for spent in before if spent.share > 0]
        grant = next_level(new.kind, counted, self._terms)
        await tx.execute(
            insert(TESTS).values(
                agent=agent,
                test_number=number,
                kind=new.kind,
                experiment_id=new.experiment_id,
                baseline_digest=new.baseline_digest,
                candidate_digest=new.candidate_digest,
                level=grant.level if new.level is None else new.level,
                share=grant.share if new.level is None else 0.0,
                promoted_before=grant.promotions,
                from_position=new.from_position,
                through_position=new.from_position,
                outcome="open",
                opened_at=now,
            )
        )
        return number

    async def _tests(
        self, connection: AsyncConnection, agent: str, known_at: int | None = None
    ) -> list[Spent]:
        """As a test that begins after review `known_at` may know them; None: as they are now.

        An era's test may begin at reviews that are long there. A promotion that some of these
        brought about was not known at its beginning, and must not raise its level.
        """
        query = select(TESTS).where(TESTS.c.agent == agent).order_by(TESTS.c.test_number)
        rows = await connection.execute(query)
        return [Spent(row.kind, row.share, _outcome(row, known_at)) for row in rows]

    async def progress(
        self,
        tx: Transaction,
        test: OpenTest,
        through: int,
        evidence: EvidenceResult,
        state: str | None = None,
    ) -> bool:
        """Keep how far it has come; False when it is not open any more."""
        kept = await tx.execute(
            update(TESTS)
            .where(*_is(test.agent, test.test_number), TESTS.c.outcome == "open")
            .values(through_position=through, evidence=evidence.model_dump_json(), state=state)
        )
        return bool(kept.rowcount)

    async def close(
        self,
        tx: Transaction,
        test: OpenTest,
        outcome: TestOutcome,
        evidence: EvidenceResult | None,
        now: datetime,
    ) -> bool:
        """Write the outcome, once: False when the test has one already, which nothing changes."""
        told = {} if evidence is None else {"evidence": evidence.model_dump_json()}
        closed = await tx.execute(
            update(TESTS)
            .where(*_is(test.agent, test.test_number), TESTS.c.outcome == "open")
            .values(outcome=outcome, closed_at=now, **told)
        )
        return bool(closed.rowcount)

    async def close_procedures(self, tx: Transaction, agent: str, now: datetime) -> None:
        """Those that are open belong to eras that are over."""
        await tx.execute(
            update(TESTS)
            .where(TESTS.c.agent == agent, TESTS.c.kind == "procedure", TESTS.c.outcome == "open")
            .values(outcome="ended", closed_at=now)
        )

    async def procedures_through(self, agent: str, baseline_digest: str) -> int:
        """The newest review that a procedure test against this incumbent has seen; 0 for none."""
        query = select(func.max(TESTS.c.through_position)).where(
            TESTS.c.agent == agent,
            TESTS.c.kind == "procedure",
            TESTS.c.baseline_digest == baseline_digest,
        )
        async with self._database.read() as connection:
            return int((await connection.execute(query)).scalar() or 0)

    async def of_experiment(self, experiment_id: str) -> OpenTest | None:
        return await self._open(TESTS.c.experiment_id == experiment_id)

    async def numbered(self, agent: str, test_number: int) -> OpenTest | None:
        return await self._open(*_is(agent, test_number))

    async def procedure(self, agent: str, baseline_digest: str) -> OpenTest | None:
        """The open procedure test against this incumbent."""
        return await self._open(
            TESTS.c.agent == agent,
            TESTS.c.kind == "procedure",
            TESTS.c.baseline_digest == baseline_digest,
        )

    async def _open(self, *conditions: Any) -> OpenTest | None:
        query = select(TESTS).where(TESTS.c.outcome == "open", *conditions)
        async with self._database.read() as connection:
            row = (await connection.execute(query.order_by(TESTS.c.test_number))).first()
        return _open_test(row) if row else None

    async def has_tested_against(self, agent: str, baseline_digest: str) -> bool:
        """Whether any test compared with this config, in whatever era."""
        query = select(func.count()).where(
            TESTS.c.agent == agent, TESTS.c.baseline_digest == baseline_digest
        )
        async with self._database.read() as connection:
            return bool((await connection.execute(query)).scalar_one())

    async def tried(self, agent: str, baseline_digest: str, candidate_digest: str) -> str | None:
        """How an earlier test of this very candidate against this baseline ended."""
        query = select(TESTS.c.outcome).where(
            TESTS.c.agent == agent,
            TESTS.c.baseline_digest == baseline_digest,
            TESTS.c.candidate_digest == candidate_digest,
            TESTS.c.outcome.in_(("promoted", "refused")),
        )
        async with self._database.read() as connection:
            return (await connection.execute(query.order_by(TESTS.c.test_number))).scalar()

    async def entries(self, agent: str) -> list[LedgerEntry]:
        """Every test, oldest first."""
        query = select(TESTS).where(TESTS.c.agent == agent).order_by(TESTS.c.test_number)
        async with self._database.read() as connection:
            return [_entry(row) for row in await connection.execute(query)]

    async def next_levels(self, agent: str) -> tuple[float, float]:
        """Levels that a test opened now would have: exact, procedure."""
        async with self._database.read() as connection:
            before = [one for one in await self._tests(connection, agent) if one.share > 0]
        exact = next_level("exact", before, self._terms)
        return exact.level, next_level("procedure", before, self._terms).level

    async def count(self) -> int:
        async with self._database.read() as connection:
            query = select(func.count()).select_from(TESTS)
            return int((await connection.execute(query)).scalar_one())


def _is(agent: str, test_number: int) -> tuple[Any, Any]:
    return TESTS.c.agent == agent, TESTS.c.test_number == test_number


def _outcome(row: Row[Any], known_at: int | None) -> Outcome:
    """As the levels see it: what ended before any review counted is as if it had not been."""
    evidence = _evidence(row)
    if row.outcome == "promoted":
        through = max(row.through_position, evidence.through_position if evidence else 0)
        return "accepted" if known_at is None or through <= known_at else "open"
    if row.outcome == "open":
        return "open"
    counted = evidence is not None and evidence.wins + evidence.losses > 0
    return "refused" if counted else "unused"


def _evidence(row: Row[Any]) -> EvidenceResult | None:
    return EvidenceResult.model_validate_json(row.evidence) if row.evidence else None


def _open_test(row: Row[Any]) -> OpenTest:
    return OpenTest(
        agent=row.agent,
        test_number=row.test_number,
        kind=row.kind,
        experiment_id=row.experiment_id,
        baseline_digest=row.baseline_digest,
        level=row.level,
        promoted_before=row.promoted_before,
        from_position=row.from_position,
        through_position=row.through_position,
        state=row.state,
        evidence=_evidence(row),
    )


def _entry(row: Row[Any]) -> LedgerEntry:
    return LedgerEntry(
        test_number=row.test_number,
        kind=row.kind,
        experiment_id=row.experiment_id,
        baseline_digest=row.baseline_digest,
        candidate_digest=row.candidate_digest,
        level=row.level,
        promoted_before=row.promoted_before,
        outcome=row.outcome,
        evidence=_evidence(row),
        opened_at=row.opened_at,
        closed_at=row.closed_at,
    )
