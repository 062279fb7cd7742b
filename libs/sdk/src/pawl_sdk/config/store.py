"""The last good config on disk: one file, replaced by one atomic rename, with the one before it."""

import contextlib
import hashlib
import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pawl_sdk.config.keyring import SigningKey
from pawl_sdk.config.pointer import Pointer

_log = logging.getLogger("pawl_sdk.config")


class SignedBundle(BaseModel):
    """Canonical bytes as text, with who vouches for them."""

    model_config = ConfigDict(frozen=True)

    content: str
    key_id: str
    signature: str


class SavedState(BaseModel):
    """Enough to start without the registry."""

    model_config = ConfigDict(frozen=True)

    pointer: Pointer
    bundles: dict[str, SignedBundle]
    keys: dict[str, str]
    endorsed: tuple[SigningKey, ...] = ()
    """How newer keys follow from older ones. Files of older SDKs have none."""
    url: str = ""
    """The registry that it came from; older SDKs did not say."""


Holds = Callable[[SavedState], bool]
"""Whether a saved state could be served."""


class StateStore:
    """`<state_dir>/<agent>/<channel>.state`; a checksum stands in its first line."""

    def __init__(self, state_dir: Path, agent: str, channel: str, url: str) -> None:
        self._url = url
        self._current = state_dir / agent / f"{channel}.state"
        self._previous = self._current.with_suffix(".previous")

    def load(self) -> list[SavedState]:
        """Whole states, newest first; a damaged file is passed over with a warning."""
        found = (self._read(path) for path in (self._current, self._previous))
        return [state for state in found if state is not None]

    def save(self, state: SavedState, holds: Holds) -> None:
        """On disk when this returns, the old one or the new one after a crash. Raises `OSError`.

        A file that does not hold, or is another registry's, neither counts as newer nor is kept.
        """
        newest = self._read(self._current)
        if newest is not None and not holds(newest):
            newest = None
        if newest and newest.pointer.generation > state.pointer.generation:
            return  # another process of this agent is further on
        folder = self._current.parent
        folder.mkdir(parents=True, exist_ok=True)
        body = state.model_copy(update={"url": self._url}).model_dump_json().encode()
        handle, name = tempfile.mkstemp(dir=folder, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
                file.flush()
                os.fsync(file.fileno())
            if newest is not None:
                self._keep_previous()
            os.replace(name, self._current)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
        _sync_folder(folder)

    def _keep_previous(self) -> None:
        spare = self._previous.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError):  # a second copy is a comfort, not a condition
            spare.unlink(missing_ok=True)
            os.link(self._current, spare)
            os.replace(spare, self._previous)

    def _read(self, path: Path) -> SavedState | None:
        try:
            checksum, _, body = path.read_bytes().partition(b"\n")
            if hashlib.sha256(body).hexdigest().encode() != checksum:
                raise ValueError("the checksum does not fit")
            state = SavedState.model_validate_json(body)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, ValidationError) as error:
            _log.warning("saved config %s is damaged and passed over: %s", path, error)
            return None
        if state.url not in ("", self._url):
            words = "saved config %s is of the registry %s, not of %s, and passed over"
            _log.warning(words, path, state.url, self._url)
            return None
        return state


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # the rename itself must survive a power cut
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
