"""The examples of one experiment, frozen at its start."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import JsonValue

from libs.contracts.base import Model
from libs.contracts.splits import Split
from libs.facts import fingerprint


class Case(Model):
    """What is replayed and what it is compared with."""

    example_key: str
    trace_id: str
    group: str
    split: Split
    input: JsonValue
    expected: JsonValue

    @cached_property
    def input_hash(self) -> str:
        """Tells a replay of this input from one of an earlier input under the same key."""
        return fingerprint(self.input, 32)


@dataclass(frozen=True)
class Cases:
    """Each split in the order of its keys, so that arrival order cannot matter."""

    mine: tuple[Case, ...]
    select: tuple[Case, ...]
    sealed: tuple[Case, ...]

    @staticmethod
    def of(cases: Iterable[Case]) -> "Cases":
        ordered = sorted(cases, key=lambda case: case.example_key)

        def part(split: Split) -> tuple[Case, ...]:
            return tuple(case for case in ordered if case.split == split)

        return Cases(part("mine"), part("select"), part("sealed"))

    @property
    def open(self) -> tuple[Case, ...]:
        """Mine and select: what may be looked at as often as one likes."""
        return (*self.mine, *self.select)

    @property
    def held_out(self) -> tuple[Case, ...]:
        """Select and sealed: what the miner never read."""
        return (*self.select, *self.sealed)

    @property
    def all(self) -> tuple[Case, ...]:
        return (*self.mine, *self.select, *self.sealed)


def group_count(cases: Sequence[Case]) -> int:
    """Independent pieces of evidence: near-copies are one."""
    return len({case.group for case in cases})
