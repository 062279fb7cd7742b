"""What failed is tried again, each time after a longer pause."""

from collections.abc import Callable
from dataclasses import dataclass

PAUSE_SECONDS_MAX = 600.0


@dataclass(frozen=True)
class _Pause:
    seconds: float
    ends_at: float


class Backoff:
    """In memory: after a restart everything is tried at once."""

    def __init__(self, monotonic: Callable[[], float], first_seconds: float) -> None:
        self._monotonic = monotonic
        self._first_seconds = first_seconds
        self._pauses: dict[str, _Pause] = {}

    def is_due(self, key: str) -> bool:
        """Whether its pause is over, or there is none."""
        pause = self._pauses.get(key)
        return pause is None or pause.ends_at <= self._monotonic()

    def failed(self, key: str, seconds_min: float = 0.0) -> None:
        """Pause twice as long as the last time; never shorter than `seconds_min`."""
        last = self._pauses.get(key)
        doubled = 2 * last.seconds if last else self._first_seconds
        seconds = min(doubled, PAUSE_SECONDS_MAX)
        self._pauses[key] = _Pause(seconds, self._monotonic() + max(seconds, seconds_min))

    def succeeded(self, key: str) -> None:
        """The next failure is a first one again."""
        self._pauses.pop(key, None)
