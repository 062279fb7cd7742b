"""ClickHouse, SQL and subprocesses, as the trace store uses them."""
