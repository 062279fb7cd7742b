"""The ledger of sealed tests: each use is a row, written before its outcome is computed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.contracts.api import LedgerEntry
from libs.contracts.events import PairedResult
from libs.stats.alpha import AlphaBudget, Level
from libs.storage import Database, Transaction
from libs.storage.upsert import insert_ignoring
from services.experiments.tables import EPOCHS, LEDGER

Outcome = Literal["accepted", "refused", "void"]
SETTLED = ("accepted", "refused")


@dataclass(frozen=True)
class Account:
    """An epoch of the sealed split, its budget, and the outcomes so far."""

    epoch: int
    budget: AlphaBudget
    history: tuple[bool, ...]

    @property
    def next_level(self) -> Level | None:
        return self.budget.level_after(self.history)


class LedgerStore:
    """`terms` hold for epochs that open from now on; an open epoch keeps those it opened with."""

    def __init__(self, database: Database, terms: AlphaBudget) -> None:
        self._database = database
        self._terms = terms

    async def account(self, agent: str) -> Account:
        async with self._database.read() as connection:
            return await self._account(connection, agent)

    async def current_epoch(self, tx: Transaction, agent: str) -> int:
        return (await self._account(tx.connection, agent)).epoch

    async def _account(self, connection: AsyncConnection, agent: str) -> Account:
        newest = (
            select(EPOCHS).where(EPOCHS.c.agent == agent).order_by(EPOCHS.c.epoch.desc()).limit(1)
        )
        row = (await connection.execute(newest)).first()
        if row is None:
            return Account(1, self._terms, ())
        outcomes = (
            select(LEDGER.c.outcome)
            .where(
                LEDGER.c.agent == agent,
                LEDGER.c.epoch == row.epoch,
                LEDGER.c.outcome.in_(SETTLED),
            )
            .order_by(LEDGER.c.test_number)
        )
        history = tuple(r.outcome == "accepted" for r in await connection.execute(outcomes))
        return Account(
            row.epoch, AlphaBudget(row.budget, row.tests_max, row.policy, row.share), history
        )

    async def open(self, tx: Transaction, agent: str, entry: LedgerEntry, account: Account) -> None:
        """Write the row of a sealed test that is about to begin."""
        await self._open_epoch(tx, agent, account.epoch, account.budget, entry.opened_at)
        await tx.execute(
            insert(LEDGER).values(
                agent=agent, **entry.model_dump(exclude={"wins", "losses", "p_value"})
            )
        )

    async def close(
        self,
        tx: Transaction,
        agent: str,
        experiment_id: str,
        outcome: Outcome,
        sealed: PairedResult | None,
        now: datetime,
    ) -> bool:
        """Write the outcome; when it was the last test of the budget, open the next epoch.

        Once: False when the test has its outcome already, which nothing may change.
        """
        closed = await tx.execute(
            update(LEDGER)
            .where(LEDGER.c.experiment_id == experiment_id, LEDGER.c.outcome == "open")
            .values(
                outcome=outcome,
                wins=sealed.wins if sealed else None,
                losses=sealed.losses if sealed else None,
                p_value=sealed.p_value if sealed else None,
                closed_at=now,
            )
        )
        if closed.rowcount == 0:
            return False
        account = await self._account(tx.connection, agent)
        if account.next_level is None:
            await self._open_epoch(tx, agent, account.epoch + 1, self._terms, now)
        return True

    async def _open_epoch(
        self, tx: Transaction, agent: str, epoch: int, terms: AlphaBudget, now: datetime
    ) -> None:
        await tx.execute(
            insert_ignoring(
                tx.connection,
                EPOCHS,
                agent=agent,
                epoch=epoch,
                policy=terms.policy,
                budget=terms.budget,
                tests_max=terms.tests_max,
                share=terms.share,
                opened_at=now,
            )
        )

    async def tested(
        self, agent: str, epoch: int, baseline_digest: str, candidate_digest: str
    ) -> LedgerEntry | None:
        """The settled test of this very candidate against this baseline, if there was one."""
        query = select(LEDGER).where(
            LEDGER.c.agent == agent,
            LEDGER.c.epoch == epoch,
            LEDGER.c.baseline_digest == baseline_digest,
            LEDGER.c.candidate_digest == candidate_digest,
            LEDGER.c.outcome.in_(SETTLED),
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query.order_by(LEDGER.c.test_number))).first()
        return _entry(row) if row else None

    async def entries(self, agent: str) -> list[LedgerEntry]:
        """Every use, oldest first."""
        query = select(LEDGER).where(LEDGER.c.agent == agent)
        order = (LEDGER.c.epoch, LEDGER.c.test_number, LEDGER.c.opened_at)
        async with self._database.read() as connection:
            return [_entry(row) for row in await connection.execute(query.order_by(*order))]

    async def uses(self) -> int:
        async with self._database.read() as connection:
            query = select(func.count()).select_from(LEDGER)
            return int((await connection.execute(query)).scalar_one())


def _entry(row: Row[Any]) -> LedgerEntry:
    return LedgerEntry.model_validate(dict(row._mapping))
