"""A change of a text in parts: each sentence or line that comes or goes."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from services.experiments.domain.parts import Part, Whole

_PIECE = re.compile(r"[^\n]*?(?:(?<=[.!?;])[ \t]+(?=\S)|\n|\Z)")


def text_parts(edit: Mapping[str, Any]) -> Whole:
    """Of a `replace_text`: a prompt by sentences, any other file by lines.

    A sentence that takes the place of another is one part with it.
    """
    split = _sentences if str(edit["path"]).endswith(".md") else _lines
    old, new = split(str(edit["before"])), split(str(edit["after"]))
    same = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    pieces = [one for code in same for one in _pieces(*code, old, new)]
    changed = [place for place, (before, after) in enumerate(pieces) if before != after]

    def rebuilt(kept: Sequence[bool]) -> dict[str, Any] | None:
        stays = {place for place, stay in zip(changed, kept, strict=True) if stay}
        text = "".join(
            after if place in stays or before == after else before
            for place, (before, after) in enumerate(pieces)
        )
        return None if text == edit["before"] else {**edit, "after": text}

    return Whole(tuple(_part(*pieces[place]) for place in changed), rebuilt)


def _part(before: str, after: str) -> Part:
    kind = "added" if after else "removed"
    return Part(kind, (after or before).strip(), False)


def _pieces(
    tag: str, i1: int, i2: int, j1: int, j2: int, old: Sequence[str], new: Sequence[str]
) -> list[tuple[str, str]]:
    if tag == "equal":
        return [(one, one) for one in old[i1:i2]]
    gone, come = old[i1:i2], new[j1:j2]
    shared = min(len(gone), len(come))
    pairs = [(gone[at], come[at]) for at in range(shared)]
    return [*pairs, *((one, "") for one in gone[shared:]), *(("", one) for one in come[shared:])]


def _sentences(text: str) -> list[str]:
    return [one for one in _PIECE.findall(text) if one]


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
