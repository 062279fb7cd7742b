"""What /readyz of every service said, over time."""

import threading
import time
from dataclasses import dataclass
from types import TracebackType

from pawl.cluster.held import Cluster

EVERY_SECONDS = 0.5
SAMPLES_MIN = 2
"""One answer may have been on its way when the fault began."""


@dataclass(frozen=True)
class Said:
    """One question, and the answer: what is wrong, by name; None when nobody answered."""

    name: str
    asked_at: float
    answered_at: float
    problems: dict[str, str] | None


class Watch:
    """Asks every service again and again while the block runs; a lie fails on leaving."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._seen: list[Said] = []
        self._lies: list[BaseException] = []

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
        if self._lies and error is None:
            raise self._lies[0]

    def _ask(self, name: str) -> None:
        try:
            while not self._stop.wait(EVERY_SECONDS):
                service = self._cluster.services.get(name)
                asked_at = time.monotonic()
                body = service.readyz() if service else None
                problems = body["problems"] if body else None
                self._seen.append(Said(name, asked_at, time.monotonic(), problems))
        except (
            BaseException
        ) as error:  # status and body contradict each other, or no answer of ours
            self._lies.append(error)

    def problems(self, name: str, since: float, until: float) -> list[dict[str, str] | None]:
        """What the service was asked and answered in between; None where it did not answer."""
        return [
            one.problems
            for one in self._seen
            if one.name == name and since <= one.asked_at and one.answered_at <= until
        ]

    def always_ready(self, name: str, since: float = 0.0, until: float = float("inf")) -> bool:
        """Whether it answered at all, and never that something is wrong."""
        found = self.problems(name, since, until)
        return bool(found) and all(problems == {} for problems in found)

    def never_ready(self, name: str, since: float, until: float) -> bool:
        """Whether it was asked more than once, and did not say a single time that all is well."""
        found = self.problems(name, since, until)
        return len(found) >= SAMPLES_MIN and {} not in found

    def told(
        self, name: str, problem: str, since: float = 0.0, until: float = float("inf")
    ) -> bool:
        """Whether it named the problem at least once."""
        return any(problem in (one or {}) for one in self.problems(name, since, until))
