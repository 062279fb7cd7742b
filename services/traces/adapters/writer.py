"""Rows into ClickHouse, with failures sorted into those that pass and those that stay."""

import time
from collections.abc import Callable

import pyarrow as pa
from clickhouse_connect.driver.exceptions import ClickHouseError

from libs.runtime import PermanentError, UnavailableError
from libs.storage.clickhouse import ClickHouse
from services.traces.metrics import TracesMetrics

# ClickHouse error codes that speak of the data itself; all others may pass by waiting.
DATA_ERRORS = {6, 26, 27, 33, 38, 41, 49, 53, 69, 70, 72, 117, 130, 131, 190, 248, 349}


class Writer:
    """Inserts Arrow tables; stored when `insert` returns."""

    def __init__(self, store: ClickHouse, metrics: TracesMetrics) -> None:
        self._store = store
        self._metrics = metrics

    async def insert(self, table: str, data: pa.Table) -> None:
        """Raises `PermanentError` when the data cannot be stored, else `UnavailableError`."""
        if not data.num_rows:
            return
        started = time.perf_counter()
        try:
            await self._store.insert(table, data)
        except ClickHouseError as error:
            if getattr(error, "code", None) in DATA_ERRORS:
                raise PermanentError(f"ClickHouse refuses these rows: {error}") from error
            raise UnavailableError(f"ClickHouse did not take the insert: {error}") from error
        self._metrics.insert_seconds.observe(time.perf_counter() - started)


def retention(default_days: int, by_project: dict[str, int]) -> Callable[[str], int]:
    """Days to keep spans, by project."""
    return lambda project: by_project.get(project, default_days)
