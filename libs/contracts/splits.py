"""Goes with the last that reads it: evidence is what was recorded later, not what was hidden."""

import hashlib
from typing import Literal

from libs.contracts.groups import group_of as group_of

Split = Literal["mine", "select", "sealed"]

MINE_SHARE = 0.45
SELECT_SHARE = 0.15


def split_of(agent: str, group: str, salt: str = "") -> Split:
    """Assign by group, so that near-copies never sit on both sides. Shares 45/15/40."""
    digest = hashlib.sha256(f"{salt}\x00{agent}\x00{group}".encode("utf-8", "replace")).digest()
    position = int.from_bytes(digest[:8], "big") / 2**64
    if position < MINE_SHARE:
        return "mine"
    if position < MINE_SHARE + SELECT_SHARE:
        return "select"
    return "sealed"
