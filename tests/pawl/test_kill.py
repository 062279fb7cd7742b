"""The whole platform in one process is killed with -9 under load, again and again."""

import random
from pathlib import Path

from benchmarks.kills import lives


def test_every_acknowledged_span_is_found_after_kill_9_and_none_twice(tmp_path: Path) -> None:
    found = lives(tmp_path / "home", 3, random.Random(7), lambda text: None)
    assert found["acknowledged_spans"] > 0
    assert found["missing_spans"] == 0
    assert found["spans_twice"] == 0
