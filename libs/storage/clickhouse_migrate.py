"""Migrations of ClickHouse: numbered .sql files, applied once each, in order.

Placeholders, so that one text serves chDB and a cluster:
`$on_cluster` (empty, or ON CLUSTER 'name'), `$replicated` (empty, or Replicated: the engine's
prefix) and `$durability` (table settings that sync each part where there is no replica).
"""

import hashlib
import re
from importlib.resources import files
from string import Template

from libs.runtime.errors import StartupError
from libs.storage.clickhouse import ClickHouse

NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
TABLE = """
CREATE TABLE IF NOT EXISTS pawl_migrations $on_cluster
    (number UInt32, name String, checksum String, applied_at DateTime DEFAULT now())
ENGINE = ${replicated}ReplacingMergeTree ORDER BY number
"""
SYNCED = "fsync_after_insert = 1, fsync_part_directory = 1"


async def migrate(store: ClickHouse, package: str) -> list[str]:
    """Apply what is missing from the package's .sql files; returns the names applied."""
    await store.command(render(TABLE, store))
    done = await store.rows("SELECT number, name, checksum FROM pawl_migrations FINAL")
    applied = {number: (name, checksum) for number, name, checksum in done}
    fresh: list[str] = []
    for number, name, text in read_migrations(package):
        checksum = hashlib.sha256(text.encode()).hexdigest()
        if number in applied:
            _refuse_when_changed(name, checksum, applied[number])
            continue
        for statement in statements(render(text, store)):
            await store.command(statement)
        await store.command(
            "INSERT INTO pawl_migrations (number, name, checksum)"
            f" VALUES ({number}, '{name}', '{checksum}')"
        )
        fresh.append(name)
    return fresh


def read_migrations(package: str) -> list[tuple[int, str, str]]:
    """(number, file name, text) in order of number."""
    found = sorted(
        (int(match[1]), entry.name, entry.read_text(encoding="utf-8"))
        for entry in files(package).iterdir()
        if (match := NAME.match(entry.name))
    )
    numbers = [number for number, _, _ in found]
    if len(set(numbers)) != len(numbers):
        raise StartupError(f"migrations of {package}: a number is used twice: {numbers}")
    return found


def render(text: str, store: ClickHouse) -> str:
    """Fill in the placeholders for chDB or for the cluster."""
    return Template(text).substitute(
        on_cluster=f"ON CLUSTER '{store.cluster}'" if store.cluster else "",
        replicated="Replicated" if store.cluster else "",
        durability=SYNCED if not store.cluster else "fsync_after_insert = 0",
    )


def statements(text: str) -> list[str]:
    """Split at semicolons that end a line; comments stay in."""
    parts = re.split(r";[ \t]*(?:\n|$)", text)
    return [part.strip() for part in parts if _has_sql(part)]


def _has_sql(part: str) -> bool:
    return any(line.strip() and not line.strip().startswith("--") for line in part.splitlines())


def _refuse_when_changed(name: str, checksum: str, applied: tuple[str, str]) -> None:
    if applied != (name, checksum):
        raise StartupError(
            f"migration {name} differs from {applied[0]} as it was applied: an applied migration"
            " never changes; add a new file with the next number"
        )
