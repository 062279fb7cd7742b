"""A file that is read again when it changes."""

from collections.abc import Callable
from pathlib import Path

CHECK_SECONDS = 1.0


class WatchedFile:
    """Looked at no more than once a second, whoever asks however often."""

    def __init__(self, path: Path, monotonic: Callable[[], float]) -> None:
        self.path = path
        self._monotonic = monotonic
        self._stamp = _stamp_of(path)
        self._checked_at = monotonic()

    def changed(self) -> bool:
        """True once after each change; a file that is gone has changed too."""
        now = self._monotonic()
        if now - self._checked_at < CHECK_SECONDS:
            return False
        self._checked_at = now
        stamp = _stamp_of(self.path)
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        return True


def _stamp_of(path: Path) -> tuple[int, int, int] | None:
    """Its change time too: a file that could not be read may become readable."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ctime_ns, status.st_ino
