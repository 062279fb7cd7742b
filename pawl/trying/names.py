"""Names of columns: how they compare, and how a rule's expression (CEL) can spell them."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from libs.facts import flatten
from pawl.trying.errors import Unusable
from pawl.trying.plain_text import listed, quoted

DRAFT = "draft"
"""What the agent answers by itself stands under this root."""
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^0-9a-z]+")


def tokens(name: str) -> tuple[str, ...]:
    """`Agent Decision`, `agent-decision` and `agentDecision` alike: agent, decision."""
    return tuple(filter(None, _OTHER.split(_ascii(_CAMEL.sub(" ", name)).lower())))


def find(name: str, columns: Sequence[str], option: str) -> str:
    """The column that an option names; raises `Unusable` that names those there are."""
    if name in columns:
        return name
    alike = [one for one in columns if tokens(one) == tokens(name) and tokens(name)]
    if len(alike) == 1:
        return alike[0]
    what = f"stands for {listed(alike)}" if alike else "is no column"
    raise Unusable(f"{option} {quoted(name)} {what}; there are: {listed(columns, 40)}")


def spelled(names: Iterable[str]) -> list[str]:
    """Each name as a path that CEL can spell. No two are alike, none begins another."""
    taken: list[str] = [DRAFT]
    for name in names:
        path = _path(name)
        root, dot, rest = path.partition(".")
        count = 1
        while _clashes(path, taken):
            count += 1
            path = f"{root}_{count}{dot}{rest}"  # the root, since another path may be just that
        taken.append(path)
    return taken[1:]


def _clashes(path: str, taken: list[str]) -> bool:
    return any(
        path == one or path.startswith(f"{one}.") or one.startswith(f"{path}.") for one in taken
    )


def _path(name: str) -> str:
    segments = name.split(".")
    if any(not one or one != one.strip() for one in segments):
        segments = [name]
    return ".".join(_identifier(one) for one in segments)


def _identifier(text: str) -> str:
    if _spells(text):
        return text
    safe = "_".join(_OTHER.sub(" ", _ascii(text).lower()).split()) or "column"
    if safe[0].isdigit():
        safe = f"n_{safe}"
    return safe if _spells(safe) else f"{safe}_"


def _spells(text: str) -> bool:
    return bool(flatten({text: 1}))


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
