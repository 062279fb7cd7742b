"""One case, and one run of it that nothing disturbs, for all simulations."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from examples.procurement.data import write_case
from examples.procurement.generator import make_case
from tests.simulation.demo_runs import FRESH_COUNT, RUN_SECONDS_MAX, SEED, facts_of, start


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
