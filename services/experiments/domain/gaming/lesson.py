"""What the checks look at, and what they say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["refuse", "flag"]


@dataclass(frozen=True)
class Lesson:
    """One review that was known when the change was drafted.

    `facts` are nested as a trace records them; `group` names its near-copies; `expected` and
    `answered` are bare labels; `reason` are the reviewer's own words.
    """

    example_key: str
    trace_id: str
    group: str
    input: Any
    facts: Mapping[str, Any]
    expected: Any
    answered: Any = None
    reason: str = ""


@dataclass(frozen=True)
class Flag:
    """A finding about one edit. `refuse`: it may not go on; `flag`: a person has to see it.

    `reason` names the place, what is wrong and what to do, in words for a reviewer. `clause` is
    the part that it is about; with `part` the edit is well again once that part is left out, as it
    is when the diff is made minimal.
    """

    edit_index: int
    kind: str
    severity: Severity
    reason: str
    clause: str | None = field(default=None, compare=False)
    part: bool = field(default=False, compare=False)


def refused(flags: Iterable[Flag]) -> frozenset[int]:
    """The edits that may not go on."""
    return frozenset(flag.edit_index for flag in flags if flag.severity == "refuse")


def refused_outright(flags: Iterable[Flag]) -> frozenset[int]:
    """The edits that no smaller form would mend: before the diff is made minimal. What is left
    then is reviewed again, and goes on unless it is `refused`."""
    return refused(flag for flag in flags if not flag.part)


def shown(value: Any, length_max: int = 60) -> str:
    """A value inside a reason: short, on one line, controls and invisible signs as escapes."""
    text = " ".join(str(value).split())
    text = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
    return text if len(text) <= length_max else text[: length_max - 1] + "…"
