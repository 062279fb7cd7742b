"""Every event of the loop delivered twice, late and out of order: the demo ends the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from libs.contracts.topics import TOPICS
from libs.testkit.chaos_log import TALLY, Tally
from tests.simulation.demo_runs import OPTIONS, RUN_SECONDS_MAX, Alone, facts_of

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
    arguments += ["--report", str(tmp_path / "report.json"), *OPTIONS]
    command = [sys.executable, "-c", DEMO, str(seed), "demo", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=RUN_SECONDS_MAX * 2, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert facts_of(tmp_path) == alone.facts
    tallies = json.loads((tmp_path / "home" / TALLY).read_text())
    assert_disturbed([Tally(**one) for one in tallies])


def assert_disturbed(tallies: list[Tally]) -> None:
    """Without this a run that nothing disturbed would pass: it is compared with such a run."""
    heard = {(one.topic, one.group) for one in tallies if one.records}
    declared = {(topic.name, group) for topic in TOPICS for group in topic.consumers}
    assert heard == declared, f"never delivered: {declared - heard}"
    for one in tallies:
        assert one.again == one.records, f"not each record came again: {one}"
        assert one.late == one.fetches, f"not each fetch was late: {one}"
        assert one.mixed == one.mixable, f"keys kept their order among each other: {one}"
    assert any(one.mixed for one in tallies)
