"""The one thread that changes what is served, and reports it."""

import logging
import threading
import time
from collections.abc import Callable

from pawl_sdk.config.activate import Activator
from pawl_sdk.config.backoff import Backoff
from pawl_sdk.config.errors import Refused, Unreachable
from pawl_sdk.config.options import ConfigOptions
from pawl_sdk.config.pointer import Pointer
from pawl_sdk.config.registry import Registry
from pawl_sdk.config.report import Reporter, StatusReport
from pawl_sdk.config.snapshot import Active
from pawl_sdk.version import VERSION

_log = logging.getLogger("pawl_sdk.config")
UNREACHABLE_MAX = 3
"""So many failed downloads in a row are reported as a refusal; fewer are a hiccup."""
PAUSE_SECONDS_MAX = 5.0
TEXT_CHARS_MAX = 2000
FIRST_CONFIG_SECONDS_MAX = 1.0
"""An agent that has no config yet asks at least so often: it can do nothing else."""


class Worker:
    """Activates the newest pointer offered, again and again until it holds or is superseded.

    A failed activation is never marked as seen: it is tried again after a pause, and a newer
    generation is tried at once.
    """

    def __init__(
        self,
        options: ConfigOptions,
        registry: Registry,
        activator: Activator,
        swap: Callable[[Active], None],
        active: Active | None = None,
    ) -> None:
        self._options = options
        self._registry = registry
        self._activator = activator
        self._swap = swap
        self._wake = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._active = active
        self._desired = active.pointer if active else None
        self._refusal = self._conflict = self._warning = self._no_answer = ""
        self._warned: set[str] = set()
        self._in_doubt = False
        """A pointer came that is older than the one held: a late answer, or a restored backup?"""
        self._activate_at = self._poll_at = 0.0
        self._heard_at = float("-inf")
        self._activating = self._backoff()
        self._polling = self._backoff()
        self._reporter = Reporter(options, registry, self._backoff())
        self.contacted = threading.Event()
        """Set once the registry answered or failed to, and what it said was tried."""
        self.replay_url = options.replay_url
        self.on_contact: Callable[[], None] = _nothing
        """Called when the registry answers again after it did not."""

    def _backoff(self) -> Backoff:
        chosen = self._options
        return Backoff(chosen.chance, chosen.retry_seconds, chosen.retry_seconds_max)

    def start(self) -> None:
        name = f"pawl-config-{self._options.agent}"
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def stop(self, seconds: float) -> None:
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join(seconds)

    def offer(self, pointer: Pointer, held: Pointer | None = None) -> None:
        """A newer generation is tried at once; a lower or changed one is never served.

        It is reported when it came on a question that was asked while `held` was held. Else it may
        have been overtaken on its way, and the registry is asked again.
        """
        with self._wake:
            self.hear()
            if self._desired is None or pointer.generation > self._desired.generation:
                self._desired = pointer
                self._activate_at = 0.0
                self._refusal = self._conflict = ""
                self._activating.reset()
            elif pointer == self._desired:
                self._conflict = ""
            elif held is self._desired:
                self._conflict = _conflict(pointer, self._desired)
            else:
                self._in_doubt = True
            self._wake.notify_all()

    def hear(self) -> None:
        """The stream gave a sign of life."""
        self._heard_at = time.monotonic()
        self._no_answer = ""

    def announce(self, replay_url: str | None) -> None:
        """Say in the next report where this instance replays."""
        with self._wake:
            self.replay_url = replay_url
            self._wake.notify_all()

    def problem(self) -> str:
        """Why the newest config is not served, or no answer comes; else an empty text."""
        return self._reason() or self._no_answer

    def _reason(self) -> str:
        """Why the desired config is not served, for the report."""
        return self._refusal or self._conflict

    def _work(self) -> None:
        while not self._stopping:
            try:
                self.step()
            except Exception:  # only this thread can bring a fix: it must not die
                _log.exception("config worker")
                time.sleep(self._options.retry_seconds)
            with self._wake:
                if not self._stopping:
                    self._wake.wait(self._pause_seconds())
        self._reporter.say_goodbye(self.status())

    def step(self) -> None:
        """Do what is due: poll, activate, report."""
        if time.monotonic() >= self._poll_due_at():
            self._poll()
        if self._is_behind() and time.monotonic() >= self._activate_at:
            self._activate()
        self.contacted.set()
        self._reporter.send_when_due(self.status())

    def _pause_seconds(self) -> float:
        due = [self._poll_due_at(), self._reporter.due_at(self.status())]
        if self._is_behind():
            due.append(self._activate_at)
        return min(max(0.0, min(due) - time.monotonic()), PAUSE_SECONDS_MAX)

    def _poll_due_at(self) -> float:
        if self._in_doubt:
            return self._poll_at
        return max(self._heard_at + self._options.silence_seconds, self._poll_at)

    def _is_behind(self) -> bool:
        desired, active = self._desired, self._active
        if desired is None:
            return False
        return active is None or desired.generation > active.pointer.generation

    def _activate(self) -> None:
        desired = self._desired
        if desired is None:
            return
        try:
            active = self._activator.prepare(desired)
        except (Refused, Unreachable) as error:
            self._note_failure(desired, error)
            return
        except Exception as error:  # what trips the client up is refused and tried again, too
            _log.debug("generation %d", desired.generation, exc_info=True)
            self._note_failure(desired, Refused(f"cannot be activated: {error!r}"))
            return
        self._persist(active)
        with self._wake:
            self._active = active
            self._swap(active)
            if self._desired is desired:
                self._refusal = ""
        _log.info("config %s generation %d", active.stable.digest, desired.generation)

    def _persist(self, active: Active) -> None:
        """A full disk must not keep a rollback from being served: it is served and reported."""
        try:
            self._activator.persist(active)
            self._warning = ""
        except OSError as error:
            self._warning = f"served, but not saved to disk: {error}"
            _log.warning(self._warning)

    def _note_failure(self, desired: Pointer, error: Exception) -> None:
        with self._wake:
            self._activate_at = time.monotonic() + self._activating.next_seconds()
            hiccup = isinstance(error, Unreachable) and self._activating.failures < UNREACHABLE_MAX
            if self._desired is desired and not hiccup:
                self._refusal = str(error)[:TEXT_CHARS_MAX]
        _log.warning("generation %d not activated: %s", desired.generation, error)

    def status(self) -> StatusReport | None:
        """What there is to report; None while the desired config is on its way."""
        desired, active, problem = self._desired, self._active, self._reason()
        if desired is None or (self._is_behind() and not problem):
            return None
        return StatusReport(
            channel=desired.channel,
            desired_digest=desired.digest,
            desired_generation=desired.generation,
            applied_digest=active.stable.digest if active else None,
            applied_generation=active.pointer.generation if active else None,
            state="refused" if problem else "applied",
            error=problem or self._warning,
            replay_url=self.replay_url,
            sdk_version=VERSION,
        )

    def _poll(self) -> None:
        with self._wake:
            doubted, held = self._in_doubt, self._desired
            self._in_doubt = False
        try:
            pointer = self._registry.pointer(afresh=doubted)
        except Unreachable as error:
            self._in_doubt |= doubted
            self._note_silence(error)
            return
        if self._polling.failures:
            self._polling.reset()
            self._reporter.hurry()
            self.on_contact()
        self._poll_at = 0.0
        self._warned.clear()
        self.hear()
        if pointer is not None:
            self.offer(pointer, held)

    def _note_silence(self, error: Unreachable) -> None:
        """A fleet in an outage logs one line for each kind of failure, not one for each attempt."""
        pause_seconds = self._polling.next_seconds()
        if self._active is None:
            pause_seconds = min(pause_seconds, FIRST_CONFIG_SECONDS_MAX)
        self._poll_at = time.monotonic() + pause_seconds
        self._no_answer = f"{self._options.shown_url} gives no usable answer: {error}"[
            :TEXT_CHARS_MAX
        ]
        _log.log(logging.DEBUG if error.kind in self._warned else logging.WARNING, self._no_answer)
        self._warned.add(error.kind)


def _nothing() -> None:
    return None


def _conflict(offered: Pointer, held: Pointer) -> str:
    return (
        f"the registry offers generation {offered.generation} ({offered.digest}), this instance "
        f"already has {held.generation} ({held.digest}): if the registry was restored from a "
        f"backup, move the channel on until it passes {held.generation}"
    )
