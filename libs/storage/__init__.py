"""SQL with an inbox and an outbox, and migrations. The ClickHouse client is in `clickhouse.py`."""

from libs.storage.database import Database, Transaction
from libs.storage.upsert import upsert

__all__ = ["Database", "Transaction", "upsert"]
