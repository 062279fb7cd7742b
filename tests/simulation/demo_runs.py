"""Runs of the demo on one small case, and what must be equal however they went.

The fixtures are those of all simulations: one case, and one run of it that nothing disturbs.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from examples.procurement.agent.names import AGENT
from examples.procurement.data import write_case
from examples.procurement.generator import make_case
from libs.testkit.processes import PawlProcess

SEED = 11
FRESH_COUNT = 40
CYCLES = "2"
"""One that learns and one that finds nothing worth proposing; more would be the second again."""
RUN_SECONDS_MAX = 400.0
OPTIONS = ("--cycles", CYCLES, "--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0")
Rows = list[tuple[Any, ...]]
Query = Callable[[str, str], Rows]
"""Rows of a service's database for a query."""


@dataclass(frozen=True)
class Alone:
    """The undisturbed run."""

    facts: dict[str, Any]
    seconds: float


@pytest.fixture(scope="session")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cases") / "case"
    write_case(make_case(SEED, fresh_count=FRESH_COUNT), folder)
    return folder


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory, case: Path) -> Alone:
    folder = tmp_path_factory.mktemp("alone")
    began = time.monotonic()
    code = start(folder, case).wait(RUN_SECONDS_MAX)
    assert code == 0, (folder / "demo.log").read_text()
    return Alone(facts_of(folder), time.monotonic() - began)


def start(folder: Path, case: Path) -> PawlProcess:
    """The embedded demo, in a process of its own."""
    report = folder / "report.json"
    arguments = ("--home", str(folder / "home"), "--data", str(case), "--exit")
    return PawlProcess(folder / "demo.log", "demo", *arguments, "--report", str(report), *OPTIONS)


def facts_of(folder: Path) -> dict[str, Any]:
    """What must be the same, of an embedded run."""

    def query(service: str, statement: str) -> Rows:
        return rows(f"sqlite:///{folder / 'home' / f'{service}.db'}", statement)

    return facts(folder / "report.json", query)


def facts(report: Path, query: Query) -> dict[str, Any]:
    """What must be the same however often the process died, or a message came."""
    mine = f"WHERE agent = '{AGENT}' ORDER BY 1"  # a cluster may have others
    examples = f"SELECT review_id, expected, answered FROM datasets_reviews {mine}"
    levels = f"SELECT test_number, level, outcome FROM experiments_tests {mine}"
    found: dict[str, Any] = json.loads(report.read_text())
    found.pop("seconds")
    return {
        "report": found,
        "examples": query("datasets", examples),
        "ledger": query("experiments", levels),
        "unsent": [
            query(s, "SELECT count(*) FROM outbox") for s in ("datasets", "miner", "experiments")
        ],
    }


def rows(url: str, statement: str) -> Rows:
    """What a database answers."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]
    finally:
        engine.dispose()
