"""A run sees one snapshot from start to end, whatever the registry does meanwhile."""

from contextlib import suppress
from contextvars import ContextVar, Token
from dataclasses import dataclass
from types import TracebackType

from pawl_sdk.config.snapshot import Snapshot
from pawl_sdk.current import CURRENT_RUN, CurrentRun


@dataclass(eq=False)
class Pin:
    """Says itself when its run has ended: tasks begun inside the run hold copies of the context."""

    snapshot: Snapshot
    outer: "Pin | None"
    ended: bool = False


Pinned = ContextVar[Pin | None]


def pin_in(pinned: Pinned) -> Pin | None:
    """The pin of the innermost run that goes on, if there is one."""
    pin = pinned.get()
    while pin is not None and pin.ended:
        pin = pin.outer
    return pin


class PinnedRun:
    """`with config.run(key) as snapshot:`, or `async with`."""

    def __init__(self, pinned: Pinned, snapshot: Snapshot) -> None:
        self._pinned = pinned
        self.snapshot = snapshot
        self._pin: Pin | None = None
        self._tokens: tuple[Token[Pin | None], Token[CurrentRun | None]] | None = None

    def __enter__(self) -> Snapshot:
        run = CurrentRun(self.snapshot.agent, self.snapshot.digest, self.snapshot.generation)
        self._pin = Pin(self.snapshot, pin_in(self._pinned))
        self._tokens = (self._pinned.set(self._pin), CURRENT_RUN.set(run))
        return self.snapshot

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pin is not None and self._tokens is not None:
            self._pin.ended = True
            pinned, current = self._tokens
            # A generator may end in another context than it began in, where a reset raises.
            with suppress(ValueError):
                CURRENT_RUN.reset(current)
            with suppress(ValueError):
                self._pinned.reset(pinned)

    async def __aenter__(self) -> Snapshot:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)
