"""A run sees one snapshot from start to end, whatever the registry does meanwhile."""

from contextvars import ContextVar, Token
from types import TracebackType

from pawl_sdk.config.snapshot import Snapshot
from pawl_sdk.current import CURRENT_RUN, CurrentRun

Pinned = ContextVar[Snapshot | None]


class PinnedRun:
    """`with config.run(key) as snapshot:`, or `async with`."""

    def __init__(self, pinned: Pinned, snapshot: Snapshot) -> None:
        self._pinned = pinned
        self.snapshot = snapshot
        self._tokens: tuple[Token[Snapshot | None], Token[CurrentRun | None]] | None = None

    def __enter__(self) -> Snapshot:
        run = CurrentRun(self.snapshot.agent, self.snapshot.digest, self.snapshot.generation)
        self._tokens = (self._pinned.set(self.snapshot), CURRENT_RUN.set(run))
        return self.snapshot

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._tokens is not None:
            pinned, current = self._tokens
            CURRENT_RUN.reset(current)
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
