"""The thread that follows the registry's stream and comes back when it breaks."""

import logging
import threading

from pawl_sdk.config.backoff import Backoff
from pawl_sdk.config.errors import Unreachable
from pawl_sdk.config.options import ConfigOptions
from pawl_sdk.config.registry import Registry
from pawl_sdk.config.worker import Worker

_log = logging.getLogger("pawl_sdk.config")


class Listener:
    """A broken stream loses nothing: the first event of the next is the current pointer."""

    def __init__(self, options: ConfigOptions, registry: Registry, worker: Worker) -> None:
        self._registry = registry
        self._worker = worker
        self._stopping = False
        self._wake = threading.Event()
        self._backoff = Backoff(options.chance, options.retry_seconds, options.retry_seconds_max)
        self._thread = threading.Thread(
            target=self._listen, name=f"pawl-config-stream-{options.agent}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    def hurry(self) -> None:
        """The registry answers again: do not wait for the pause to end."""
        self._wake.set()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _listen(self) -> None:
        while not self._stopping:
            try:
                for pointer in self._registry.stream(self._worker.hear):
                    self._backoff.reset()
                    self._worker.offer(pointer)
            except Unreachable as error:
                _log.debug("stream: %s", error)
            except Exception:  # a listener that died would leave only the poll
                _log.exception("config stream")
            self._wake.wait(self._backoff.next_seconds())
            self._wake.clear()
