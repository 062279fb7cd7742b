"""Replay results, so that a baseline is run once and a restart runs nothing twice."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import delete, select

from libs.storage import Database
from libs.storage.upsert import insert_many_ignoring
from services.experiments.domain.cases import Case
from services.experiments.domain.replayed import Replayed
from services.experiments.tables import REPLAYS


class ReplayCache:
    """Keyed by bundle digest, example and input: bytes that cannot change their meaning."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, agent: str, digest: str, cases: Iterable[Case]) -> dict[str, Replayed]:
        """By example key, for those of the cases whose very input was run."""
        table = REPLAYS.c
        query = select(table.example_key, table.input_hash, table.result).where(
            table.agent == agent, table.digest == digest
        )
        async with self._database.read() as connection:
            stored = {
                (row.example_key, row.input_hash): row.result
                for row in await connection.execute(query)
            }
        return {
            case.example_key: Replayed.model_validate_json(
                stored[case.example_key, case.input_hash]
            )
            for case in cases
            if (case.example_key, case.input_hash) in stored
        }

    async def store(
        self, agent: str, digest: str, cases: Sequence[Case], results: Mapping[str, Replayed]
    ) -> None:
        """The first result of a run stays: the agent may be random, the record must not be."""
        rows = [
            {
                "agent": agent,
                "digest": digest,
                "example_key": case.example_key,
                "input_hash": case.input_hash,
                "result": results[case.example_key].model_dump_json(),
            }
            for case in cases
        ]
        async with self._database.transaction() as tx:
            await tx.execute(insert_many_ignoring(tx.connection, REPLAYS, rows))

    async def prune(self, agent: str, keep: Collection[str]) -> None:
        """Forget the runs of bundles that no coming experiment can need."""
        async with self._database.transaction() as tx:
            await tx.execute(
                delete(REPLAYS).where(REPLAYS.c.agent == agent, REPLAYS.c.digest.not_in(keep))
            )
