"""Answers as labels: one spelling each, and few enough that they can be labels."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from pawl.trying.errors import Unusable
from pawl.trying.plain_text import listed, quoted
from pawl.trying.records import Reading

LABELS_MAX = 30
FEW = 5
"""So few labels may be more than half of the rows of a very small file."""
LABEL_CHARS_MAX = 200
OTHER = "another answer"
OTHERS_MAX = 10
MISSING = frozenset(["", "nan", "null", "n/a", "#n/a", "<na>", "nat"])
PERHAPS_MISSING = frozenset(["none", "na", "-", "--", "?"])
"""No answer, unless the agent answers so as well."""
_GAPS = re.compile(r"[-_\s]+")
_WHOLE = re.compile(r"(-?\d+)\.0+\Z")


def text_of(value: Any) -> str | None:
    """A cell as a label's text; None where there is none or it cannot be a label."""
    if value is None or isinstance(value, dict | list):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        if not isfinite(value):
            return None
        return str(int(value)) if value.is_integer() else repr(value)
    text = " ".join(str(value).split())
    whole = _WHOLE.match(text)
    return whole.group(1) if whole else text


def fold(text: str) -> str:
    """Equal for `Flag for review`, `flag-for-review` and `FLAG_FOR_REVIEW `."""
    return _GAPS.sub(" ", text.casefold()).strip() or text


def folded_values(reading: Reading, column: str) -> tuple[str, ...]:
    """Labels of a column, folded, without missing ones."""
    texts = (text_of(one.fields.get(column)) for one in reading.records)
    folded = (fold(text) for text in texts if text is not None)
    return tuple(one for one in folded if one not in MISSING)


Answers = tuple[str | None, ...]


@dataclass(frozen=True)
class Labels:
    """Per row: the label in its one spelling, or None; `values` as the file's own type has it."""

    answered: Answers
    expected: Answers
    values: Mapping[str, Any]
    said: tuple[str, ...]


def labels_of(answers: Sequence[Any], expected: Sequence[Any]) -> Labels:
    """Both columns with one spelling a label. Raises `Unusable` where they are no labels."""
    said = [text_of(one) for one in answers]
    right = [text_of(one) for one in expected]
    absent = MISSING | (PERHAPS_MISSING - {fold(one) for one in said if one})
    spelling, notes = _spellings([*said, *right])
    wanted = tuple(_label(one, spelling, absent) for one in right)
    left = tuple(_label(one, spelling, MISSING) for one in said)
    _check(left, wanted)
    left = _few(left, wanted, notes)
    values = {
        spelling.get(text, text): value
        for text, value in zip([*said, *right], [*answers, *expected], strict=True)
        if text is not None and isinstance(value, bool | int) and text == text_of(value)
    }
    texts = {spelling.get(one, one) for one in [*said, *right] if one}
    typed = {one: values.get(one, one) for one in sorted(texts)}
    return Labels(left, wanted, typed, tuple(notes))


def _label(text: str | None, spelling: Mapping[str, str], absent: Iterable[str]) -> str | None:
    return None if text is None or fold(text) in absent else spelling.get(text, text)


def _spellings(texts: Sequence[str | None]) -> tuple[dict[str, str], list[str]]:
    """Each text to the spelling that is used most. Single letters stay what they are."""
    counts = Counter(text for text in texts if text)
    alike: dict[str, list[str]] = defaultdict(list)
    for text in counts:
        alike[fold(text) if len(text) > 1 else text].append(text)
    spelling: dict[str, str] = {}
    notes = []
    for forms in alike.values():
        best = max(forms, key=lambda one: (counts[one], one))
        spelling.update(dict.fromkeys(forms, best))
        if len(forms) > 1:
            told = " and ".join(f"{quoted(one)} ({counts[one]})" for one in sorted(forms)[:4])
            notes.append(f"{told} are taken for one label, {quoted(best)}")
    return spelling, notes


def _check(answered: Sequence[str | None], expected: Sequence[str | None]) -> None:
    right = Counter(one for one in expected if one is not None)
    said = Counter(one for one in answered if one is not None)
    if not right:
        raise Unusable("expected an expected answer in some row, came none: see --expected")
    if len(right) > LABELS_MAX or len(right) > max(FEW, right.total() / 2):
        once = sum(count == 1 for count in right.values())
        raise Unusable(
            f"expected at most {LABELS_MAX} different expected answers, and each of them often; "
            f"came {len(right)} in {right.total()} rows, {once} of them once: free text or numbers "
            "are no labels (give another --expected, or sort them into labels first)"
        )
    if said and not said.keys() & right.keys():
        raise Unusable(
            f"answers ({listed(_most(said), 4)}) and expected answers ({listed(_most(right), 4)}) "
            "share no label: give --answer and --expected columns that speak of the same"
        )
    long = next((one for one in right if len(one) > LABEL_CHARS_MAX), None)
    if long:
        raise Unusable(
            f"expected labels of at most {LABEL_CHARS_MAX} characters, came {quoted(long)}"
        )


def _few(said: Sequence[str | None], right: Sequence[str | None], notes: list[str]) -> Answers:
    """Many answers that nobody ever expected (errors, chat) become one."""
    known = {one for one in right if one is not None}
    others = Counter(one for one in said if one is not None and one not in known)
    if len(others) <= OTHERS_MAX:
        return tuple(said)
    if others.total() > sum(one in known for one in said):
        raise Unusable(
            f"expected answers that are labels, came {len(others)} different ones that were never "
            f"expected, such as {listed(_most(others), 3)}: give another --answer"
        )
    notes.append(
        f"{len(others)} different answers that were never expected, such as "
        f"{listed(_most(others), 2)}, are taken for one: {OTHER}"
    )
    return tuple(OTHER if one in others else one for one in said)


def _most(counts: Counter[str]) -> list[str]:
    return [one for one, _ in counts.most_common()]
