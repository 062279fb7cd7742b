"""Runs of the demo on one small case, and what must be equal however they went."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from libs.testkit.processes import PawlProcess

SEED = 11
FRESH_COUNT = 40
RUN_SECONDS_MAX = 400.0
FREE = ("--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0")
Rows = list[tuple[Any, ...]]
Query = Callable[[str, str], Rows]
"""Rows of a service's database for a query."""


def start(folder: Path, case: Path) -> PawlProcess:
    """The embedded demo, in a process of its own."""
    report = folder / "report.json"
    arguments = ("--home", str(folder / "home"), "--data", str(case), "--exit")
    return PawlProcess(folder / "demo.log", "demo", *arguments, "--report", str(report), *FREE)


def facts_of(folder: Path) -> dict[str, Any]:
    """What must be the same, of an embedded run."""

    def query(service: str, statement: str) -> Rows:
        return rows(f"sqlite:///{folder / 'home' / f'{service}.db'}", statement)

    return facts(folder / "report.json", query)


def facts(report: Path, query: Query) -> dict[str, Any]:
    """What must be the same however often the process died, or a message came."""
    examples = "SELECT example_key, split, expected, answered FROM experiments_examples ORDER BY 1"
    levels = "SELECT test_number, level, outcome FROM experiments_ledger ORDER BY 1"
    found: dict[str, Any] = json.loads(report.read_text())
    found.pop("seconds")
    return {
        "report": found,
        "examples": query("experiments", examples),
        "ledger": query("experiments", levels),
        "unsent": [query(s, "SELECT count(*) FROM outbox") for s in ("miner", "experiments")],
    }


def rows(url: str, statement: str) -> Rows:
    """What a database answers."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]
    finally:
        engine.dispose()
