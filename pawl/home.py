"""PAWL_HOME: one process at a time owns it."""

import fcntl
import json
import os
from pathlib import Path
from typing import IO

from libs.runtime.errors import StartupError


class HomeLock:
    """Held as long as the process lives; the kernel frees it, also after kill -9."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = (home / "lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.seek(0)
            owner = self._file.read().strip() or "another process"
            self._file.close()
            raise StartupError(
                f"{home} is in use by {owner}: stop it, or choose another --home"
            ) from error
        self._file.truncate(0)
        self._file.write(f"pid {os.getpid()}")
        self._file.flush()

    def release(self) -> None:
        self._file.close()


def write_endpoints(home: Path, endpoints: dict[str, str]) -> None:
    """Say where the platform listens, in `endpoints.json`, replaced in one step."""
    fresh = home / "endpoints.json.new"
    fresh.write_text(json.dumps(endpoints, indent=2) + "\n", encoding="utf-8")
    fresh.replace(home / "endpoints.json")
