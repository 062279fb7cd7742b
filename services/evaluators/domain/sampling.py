"""Which traces a check sees: deterministic, so that a redelivery decides the same."""

import hashlib


def is_sampled(check: str, trace_id: str, rate: float) -> bool:
    """Whether the trace is in the check's sample. Different checks draw different samples."""
    if rate >= 1.0:
        return True
    digest = hashlib.sha256(f"{check}\x00{trace_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < rate
