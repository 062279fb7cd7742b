"""Which column is the agent's answer, which the right one, and what the others are for.

Names decide, values confirm: an answer and what was expected of it are labels of one kind.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pawl.trying.errors import Unusable
from pawl.trying.labels import LABELS_MAX, folded_values
from pawl.trying.names import find, tokens
from pawl.trying.plain_text import listed, quoted
from pawl.trying.records import Reading
from pawl.trying.role_words import (
    AGENT,
    ALONE,
    BARE_REASONS,
    OTHER,
    PARTS,
    PERSON,
    REASON_WORDS_MIN,
    WHAT,
)


@dataclass
class Roles:
    """Names of columns; `said` tells which were guessed, and why."""

    answer: str
    expected: str
    id: str | None = None
    group: str | None = None
    reason: str | None = None
    time: str | None = None
    precedent: str | None = None
    said: list[str] = field(default_factory=list)

    def columns(self) -> set[str]:
        parts = (self.answer, self.expected, self.id, self.group)
        return {one for one in (*parts, self.reason, self.time, self.precedent) if one}


@dataclass(frozen=True)
class Asked:
    """Columns as the options name them."""

    answer: str | None = None
    expected: str | None = None
    id: str | None = None
    group: str | None = None
    reason: str | None = None
    time: str | None = None
    precedent: str | None = None


def roles_of(reading: Reading, asked: Asked) -> Roles:
    """What each column is for. Raises `Unusable` where that cannot be told."""
    columns = reading.columns
    named = {
        part: find(name, columns, f"--{part}")
        for part, name in vars(asked).items()
        if name is not None
    }
    twice = [name for name in named.values() if list(named.values()).count(name) > 1]
    if twice:
        raise Unusable(f"column {quoted(twice[0])} is named for two parts: each needs its own")
    answer, expected, why = _pair(reading, named)
    roles = Roles(answer, expected, time=named.get("time"), said=why)
    taken = {answer, expected, *named.values()}
    for part, names in PARTS.items():
        given = named.get(part)
        free = [one for one in columns if one not in taken and _fits(part, one, reading)]
        guess = given or _by_name(names, free)
        setattr(roles, part, guess)
        if guess and not given:
            taken.add(guess)
            roles.said.append(f"{part}: column {quoted(guess)}, guessed by its name")
    return roles


def _fits(part: str, column: str, reading: Reading) -> bool:
    """A reason is said in words: codes may be what the case was about."""
    if part != "reason" or "_".join(tokens(column)) not in BARE_REASONS:
        return True
    texts = [one.fields.get(column) for one in reading.records]
    words = [len(text.split()) for text in texts if isinstance(text, str) and text.strip()]
    return bool(words) and sum(words) >= REASON_WORDS_MIN * len(words)


def _by_name(names: Iterable[str], columns: Sequence[str]) -> str | None:
    for name in names:
        for column in columns:
            if "_".join(tokens(column)) == name:
                return column
    return None


def _pair(reading: Reading, named: dict[str, str]) -> tuple[str, str, list[str]]:
    answers, expecteds = named.get("answer"), named.get("expected")
    if answers and expecteds:
        return answers, expecteds, []
    free = [one for one in reading.columns if one not in named.values()]
    values = {one: folded_values(reading, one) for one in {*free, *named.values()}}
    pairs = _by_names(answers, expecteds, free, values)
    how = "guessed by its name and the labels that both share"
    if not pairs:
        pairs, how = (
            _by_values(answers, expecteds, free, values),
            "guessed by the labels that both share",
        )
    best = _best(pairs, values)
    if len(best) != 1:
        raise Unusable(_told(reading, named, best))
    answer, expected = best[0]
    given = {"answer": answers, "expected": expecteds}
    said = [
        f"{part}: column {quoted(name)}, {how}"
        for part, name in (("answer", answer), ("expected", expected))
        if not given[part]
    ]
    return answer, expected, said


ALIKE = 0.6
Values = dict[str, tuple[str, ...]]
Scored = list[tuple[float, tuple[str, str]]]


def _best(pairs: Scored, values: Values) -> list[tuple[str, str]]:
    """The first of those that say the same, for each of the likeliest."""
    top = max((score for score, _ in pairs), default=0.0)
    best: dict[tuple[tuple[str, ...], ...], tuple[str, str]] = {}
    for score, (one, other) in pairs:
        if score == top:
            best.setdefault((values[one], values[other]), (one, other))
    return list(best.values())


def _by_names(answer: str | None, expected: str | None, free: list[str], values: Values) -> Scored:
    pairs: Scored = []
    for one in [answer] if answer else free:
        for other in [expected] if expected else free:
            left = 1.0 if answer else likeness(one, "answer")
            right = 1.0 if expected else likeness(other, "expected")
            if one != other and left and right and _share(values[one], values[other]):
                pairs.append((left + right, (one, other)))
    return pairs


def _by_values(answer: str | None, expected: str | None, free: list[str], values: Values) -> Scored:
    """Pairs that hold the same labels, where a name or an option says which of them is which."""
    pairs: Scored = []
    few = [one for one in free if 2 <= len(set(values[one])) <= LABELS_MAX]
    for place, one in enumerate([answer] if answer else few):
        for later, other in enumerate([expected] if expected else few):
            left, right = set(values[one]), set(values[other])
            enough = len(left & right) >= max(2, ALIKE * len(left | right))
            told = likeness(one, "answer") + likeness(other, "expected")
            if one != other and enough and (told or answer or expected):
                pairs.append((told + 0.1 * (place < later), (one, other)))
    return pairs


def likeness(name: str, part: str) -> float:
    """How much a name says `answer` or `expected`; 0: not at all."""
    said = tokens(name)
    last = set(tokens(name.rpartition(".")[2]))
    if not said or last & OTHER:
        return 0.0
    mine, others = (AGENT, PERSON) if part == "answer" else (PERSON, AGENT)
    if set(said) & mine and not set(said) & others:
        known = sum(word in mine or word in WHAT for word in said) / len(said)
        return 2.0 + known
    alone = ALONE.get(said[-1])
    if alone and not set(said) & (AGENT | PERSON):
        return (1.5 if alone == part else 0.5) - 0.25 * (len(said) > 1)
    return 0.0


def _share(answers: Sequence[str], expected: Sequence[str]) -> bool:
    """At least half of the answers are labels that were expected somewhere, and there are few."""
    known = set(expected)
    if not answers or not 1 <= len(known) <= LABELS_MAX:
        return False
    return sum(one in known for one in answers) >= 0.5 * len(answers)


def _told(reading: Reading, named: dict[str, str], best: list[tuple[str, str]]) -> str:
    missing = [f"--{part} COLUMN" for part in ("answer", "expected") if part not in named]
    give = " and ".join(missing)
    if best:
        pairs = " or ".join(f"{quoted(one)} with {quoted(other)}" for one, other in best[:4])
        return f"several columns could be answer and expected answer ({pairs}): give {give}"
    return (
        "expected a column of the agent's answers and one of the right answers with the same "
        f"labels: give {give}; there are: {listed(reading.columns, 40)}"
    )
