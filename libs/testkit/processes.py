"""Commands of Pawl as processes of their own, for tests that end or kill them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class PawlProcess:
    """`pawl <arguments>`; its output goes to `log_path`."""

    def __init__(self, log_path: Path, *arguments: str, **environment: str) -> None:
        self.log_path = log_path
        with log_path.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pawl", *arguments],
                stdout=output,
                stderr=output,
                cwd=ROOT,
                env=os.environ | environment,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def output(self) -> str:
        return self.log_path.read_text(errors="replace")

    def ended(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._process.poll()

    def wait(self, seconds_max: float) -> int:
        return self._process.wait(seconds_max)

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        if self.ended() is None:
            os.kill(self.pid, signal.SIGKILL)
        self._process.wait()

    def terminate(self, seconds_max: float = 15.0) -> int:
        """SIGTERM; returns the exit code."""
        if self.ended() is None:
            os.kill(self.pid, signal.SIGTERM)
        return self._process.wait(seconds_max)


def endpoints(home: Path, process: PawlProcess, seconds_max: float = 60.0) -> dict[str, str]:
    """What `pawl up` wrote to endpoints.json, once it has; fails with its output if it ends."""
    deadline = time.monotonic() + seconds_max
    path = home / "endpoints.json"
    while not path.exists():
        if process.ended() is not None or time.monotonic() > deadline:
            raise AssertionError(f"pawl up did not start:\n{process.output()}")
        time.sleep(0.05)
    found: dict[str, str] = json.loads(path.read_text())
    return found
