"""The whole demo, killed at random moments and started again, ends as if it had been left alone.

`kill -9` hits the embedded platform and the demo's own process together, wherever they are. Nothing
acknowledged may be lost and nothing applied twice, or the report, the ledger or the examples would
differ.
"""

import random
import time
from pathlib import Path

import pytest

from tests.simulation.demo_runs import RUN_SECONDS_MAX, SEED, Alone, facts_of, start

KILLS = 2


@pytest.mark.timeout(900)
def test_killed_at_random_moments_the_demo_ends_as_if_left_alone(
    tmp_path: Path, case: Path, alone: Alone
) -> None:
    chance = random.Random(SEED)
    deaths = 0
    for _ in range(KILLS):
        process = start(tmp_path, case)
        time.sleep(chance.uniform(0.15, 0.4) * alone.seconds)
        deaths += process.ended() is None
        process.kill()
    code = start(tmp_path, case).wait(RUN_SECONDS_MAX)
    assert code == 0, (tmp_path / "demo.log").read_text()
    assert deaths >= 1
    assert facts_of(tmp_path) == alone.facts
