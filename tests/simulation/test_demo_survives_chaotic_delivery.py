"""Every event of the loop delivered twice, late and out of order: the demo ends the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.demo_runs import FREE, RUN_SECONDS_MAX, Alone, facts_of

ROOT = Path(__file__).resolve().parents[2]
SEEDS = [int(seed) for seed in os.environ.get("PAWL_CHAOS_SEEDS", "1").split(",")]
DEMO = """
import sys
from functools import partial
import pawl.embedded
from libs.testkit.chaos_log import ChaosLog
pawl.embedded.EmbeddedLog = partial(ChaosLog, seed=int(sys.argv.pop(1)))
from pawl_sdk.cli import main
main()
"""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_demo_ends_the_same_however_its_events_are_delivered(
    tmp_path: Path, case: Path, alone: Alone, seed: int
) -> None:
    arguments = ["--home", str(tmp_path / "home"), "--data", str(case), "--exit"]
    arguments += ["--report", str(tmp_path / "report.json"), *FREE]
    command = [sys.executable, "-c", DEMO, str(seed), "demo", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=RUN_SECONDS_MAX * 2, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert facts_of(tmp_path) == alone.facts
