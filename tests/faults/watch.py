"""What /readyz of every service said, over time."""

import threading
import time
from types import TracebackType

from pawl.cluster.held import Cluster

EVERY_SECONDS = 0.5


class Watch:
    """Asks every service again and again while the block runs."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._seen: list[tuple[float, str, dict[str, str] | None]] = []

    def __enter__(self) -> "Watch":
        for name in list(self._cluster.services):
            thread = threading.Thread(target=self._ask, args=(name,), daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, name: str) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            service = self._cluster.services.get(name)
            body = service.readyz() if service else None
            problems = body["problems"] if body else None
            self._seen.append((time.monotonic(), name, problems))

    def problems(self, name: str, since: float, until: float) -> list[dict[str, str] | None]:
        """What the service answered in between; None where it did not answer."""
        return [
            problems for at, one, problems in self._seen if one == name and since <= at <= until
        ]

    def always_ready(self, name: str, since: float = 0.0, until: float = float("inf")) -> bool:
        """Whether it answered at all, and never that something is wrong."""
        found = self.problems(name, since, until)
        return bool(found) and all(problems == {} for problems in found)

    def told(
        self, name: str, problem: str, since: float = 0.0, until: float = float("inf")
    ) -> bool:
        """Whether it named the problem at least once."""
        return any(problem in (one or {}) for one in self.problems(name, since, until))
