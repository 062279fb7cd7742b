"""The whole demo, killed at random moments and started again, ends as if it had been left alone.

`kill -9` hits the embedded platform and the demo's own process together, wherever they are. Nothing
acknowledged may be lost and nothing applied twice, or the report, the releases, the ledger or the
number of examples would differ.
"""

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from examples.procurement.data import write_case
from examples.procurement.generator import make_case
from libs.testkit.processes import PawlProcess

SEED = 11
KILLS = 5
RUN_SECONDS_MAX = 400.0
OWNERS = ("miner", "experiments", "review_gate", "runtime_config")
FREE = ("--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0")


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cases") / "case"
    write_case(make_case(SEED, fresh_count=40), folder)
    return folder


def start(folder: Path, case: Path) -> PawlProcess:
    report = folder / "report.json"
    arguments = ("--home", str(folder / "home"), "--data", str(case), "--exit")
    return PawlProcess(folder / "demo.log", "demo", *arguments, "--report", str(report), *FREE)


def report_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "report.json").read_text())
    found.pop("seconds")
    return found


def rows(folder: Path, service: str, query: str) -> list[tuple[Any, ...]]:
    engine = create_engine(f"sqlite:///{folder / 'home' / f'{service}.db'}")
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(query))]
    engine.dispose()
    return found


def facts_of(folder: Path) -> dict[str, Any]:
    """What must be the same however often the process died."""
    query = "SELECT example_key, split, expected, answered FROM experiments_examples ORDER BY 1"
    levels = "SELECT test_number, level, outcome FROM experiments_ledger ORDER BY 1"
    return {
        "report": report_of(folder),
        "examples": rows(folder, "experiments", query),
        "ledger": rows(folder, "experiments", levels),
        "unsent": [
            rows(folder, s, "SELECT count(*) FROM outbox") for s in ("miner", "experiments")
        ],
    }


@pytest.mark.timeout(900)
def test_killed_at_random_moments_the_demo_ends_as_if_left_alone(
    tmp_path: Path, case: Path
) -> None:
    alone, killed = tmp_path / "alone", tmp_path / "killed"
    for folder in (alone, killed):
        folder.mkdir()
    began = time.monotonic()
    assert start(alone, case).wait(RUN_SECONDS_MAX) == 0, (alone / "demo.log").read_text()
    usual_seconds = time.monotonic() - began

    chance = random.Random(SEED)
    deaths = 0
    for _ in range(KILLS):
        process = start(killed, case)
        time.sleep(chance.uniform(0.1, 0.6) * usual_seconds)
        deaths += process.ended() is None
        process.kill()
    assert start(killed, case).wait(RUN_SECONDS_MAX) == 0, (killed / "demo.log").read_text()
    assert deaths >= 3
    assert facts_of(killed) == facts_of(alone)
