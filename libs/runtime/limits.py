"""When to stop setting messages aside: a bad deploy must not divert everything."""

from collections import deque
from collections.abc import Callable

EXHAUSTED_MAX = 20
EXHAUSTED_AMONG = 40
"""Half of the last messages failing every attempt is no longer poison among good ones. Retries take
too long for that to show as many dead letters in a window."""


class Limits:
    """What became of the last messages of one consumer."""

    def __init__(
        self, letters_max: int, window_seconds: float, monotonic: Callable[[], float]
    ) -> None:
        self._letters_max = letters_max
        self._window_seconds = window_seconds
        self._monotonic = monotonic
        self._letters_at: deque[float] = deque()
        self._exhausted: deque[bool] = deque(maxlen=EXHAUSTED_AMONG)
        self._broken = ""

    def handled(self, count: int) -> None:
        """So many messages passed."""
        self._exhausted.extend([False] * count)

    def set_aside(self, *, exhausted: bool) -> None:
        """One did not; `exhausted`: a bug failed each of its attempts."""
        self._letters_at.append(self._monotonic())
        if exhausted:
            self._exhausted.append(True)

    def broken(self) -> str:
        """Which limit was passed. It holds until a restart: a person has to look first."""
        self._broken = self._broken or self._look()
        return self._broken

    def _look(self) -> str:
        horizon = self._monotonic() - self._window_seconds
        while self._letters_at and self._letters_at[0] < horizon:
            self._letters_at.popleft()
        if len(self._letters_at) > self._letters_max:
            return f"over {self._letters_max} dead letters in {self._window_seconds:g} s"
        if sum(self._exhausted) >= EXHAUSTED_MAX:
            return f"{EXHAUSTED_MAX} of the last {len(self._exhausted)} messages fail every attempt"
        return ""
