"""ClickHouse migrations, applied in order at start; see libs/storage/clickhouse_migrate.py."""
