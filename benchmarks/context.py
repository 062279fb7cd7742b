"""What the parts of one run share."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from benchmarks.generate import SPANS_PER_BATCH
from benchmarks.million import Million


@dataclass
class Context:
    """`rate` is set by the part that measures how much is taken; others go by it."""

    folder: Path
    quick: bool
    say: Callable[[str], None]
    spans_per_second: float = 8000.0
    _began: float = field(default_factory=time.monotonic)

    @property
    def load_seconds(self) -> float:
        """How long a load lasts."""
        return 6.0 if self.quick else 30.0

    @cached_property
    def million(self) -> Million:
        """A platform that holds a million spans (quick: a tenth), loaded when first asked for."""
        spans = 100_000 if self.quick else 1_000_000
        self.say(f"storing {spans:,} spans")
        return Million(self.folder / "million", spans // SPANS_PER_BATCH * SPANS_PER_BATCH)

    def close(self) -> None:
        """Stop what the parts shared."""
        if "million" in self.__dict__:
            self.million.stop()
