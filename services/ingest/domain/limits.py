"""Back-pressure: bytes in flight over all requests, and rates of one key."""

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from services.ingest.domain.refuse import RefusedError, Why


class InFlight:
    """A budget of bytes; a request that does not fit is asked to come back."""

    def __init__(self, bytes_max: int, retry_after_seconds: float) -> None:
        self._bytes_max = bytes_max
        self._retry_after_seconds = retry_after_seconds
        self.bytes = 0

    def hold(self) -> "Hold":
        """A request's share: `with in_flight.hold() as hold: hold.grow(n)`."""
        return Hold(self)

    def take(self, count: int) -> None:
        if self.bytes + count > self._bytes_max:
            raise RefusedError(
                Why.BUSY,
                f"the door holds {self.bytes} bytes and takes at most {self._bytes_max}: try again",
                self._retry_after_seconds,
            )
        self.bytes += count


class Hold:
    """What one request has taken of the budget; given back at the end of the `with`."""

    def __init__(self, budget: InFlight) -> None:
        self._budget = budget
        self.bytes = 0

    def grow(self, count: int) -> None:
        """Take more, or raise `RefusedError`."""
        self._budget.take(count)
        self.bytes += count

    def __enter__(self) -> "Hold":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._budget.bytes -= self.bytes
        self.bytes = 0


@dataclass
class TokenBucket:
    """A rate with a burst of one second; a request larger than that goes into debt."""

    per_second: float
    tokens: float
    filled_at: float

    def wait_seconds(self, now: float) -> float:
        """Seconds until something may pass; 0 when now."""
        gained = max(0.0, now - self.filled_at) * self.per_second
        self.tokens = min(self.per_second, self.tokens + gained)
        self.filled_at = now
        return 0.0 if self.tokens > 0 else -self.tokens / self.per_second + 1 / self.per_second

    def spend(self, count: float) -> None:
        self.tokens -= count


class Rates:
    """One bucket per key and unit. A key's rate holds per process of the door."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._buckets: dict[tuple[str, str, float], TokenBucket] = {}

    def pass_or_refuse(self, key_id: str, limits: dict[str, float | None]) -> None:
        """Raise `RefusedError` when a unit of this key is used up."""
        for unit, per_second in limits.items():
            if per_second is None:
                continue
            wait = self._bucket(key_id, unit, per_second).wait_seconds(self._monotonic())
            if wait > 0:
                text = f"key {key_id!r} may send {per_second:g} {unit} per second: send slower"
                raise RefusedError(Why.LIMITED, text, wait)

    def spend(self, key_id: str, limits: dict[str, float | None], used: dict[str, int]) -> None:
        """Count what was taken."""
        for unit, per_second in limits.items():
            if per_second is not None:
                self._bucket(key_id, unit, per_second).spend(used[unit])

    def _bucket(self, key_id: str, unit: str, per_second: float) -> TokenBucket:
        name = (key_id, unit, per_second)
        if name not in self._buckets:
            self._buckets[name] = TokenBucket(per_second, per_second, self._monotonic())
        return self._buckets[name]
