"""Which keys belong to a share of the runs: the same answer everywhere, for ever."""

import hashlib


def in_share(salt: str, key: str, weight: float) -> bool:
    """Sticky, and nested: a key in a small share is in every larger one of the same salt."""
    hashed = hashlib.sha256(f"{salt}\x00{key}".encode()).digest()
    return int.from_bytes(hashed[:8], "big") / 2**64 < weight
