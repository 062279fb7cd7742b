"""A server process: started in its own session, waited for, ended by its id."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path


class NotAvailableError(RuntimeError):
    """A server cannot be had here; the text says what was tried."""


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def accepts(port: int) -> bool:
    """Whether something listens on the port of this machine."""
    with socket.socket() as sock:
        sock.settimeout(0.5)
        return sock.connect_ex(("127.0.0.1", port)) == 0


def write_pid(path: Path, pid: int) -> None:
    """Keep the id of a process together with when it was started."""
    path.write_text(f"{pid} {_started(pid)}")


def read_pid(path: Path) -> int | None:
    """The id, unless the process is gone: the system gives ids out again."""
    try:
        pid, _, started = path.read_text().strip().partition(" ")
        return int(pid) if started == _started(int(pid)) else None
    except (FileNotFoundError, ValueError):
        return None


def _started(pid: int) -> str:
    """When the process was started, in the kernel's ticks; empty where /proc is not there."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except FileNotFoundError:
        return "" if not Path("/proc/self/stat").exists() else "gone"


def require_debian(program: str, package: str) -> str:
    """The path of a program; installs its Debian package when it is missing and we may."""
    if path := shutil.which(program):
        return path
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NotAvailableError(f"{program} is missing: install the package {package}")
    print(f"installing {package} ...", file=sys.stderr)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["install", "-y", "-qq", "--no-install-recommends", package]
    for arguments in (["update", "-qq"], install):
        command = ["apt-get", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    if path := shutil.which(program):
        return path
    raise NotAvailableError(f"{program} is still missing after installing {package}")


class ServerProcess:
    """One server; its output goes to `log_path`, its id to `pid_path`."""

    def __init__(
        self, command: Sequence[str], folder: Path, name: str, user: str | None = None
    ) -> None:
        self._user = user
        self._command = list(command)
        self._folder = folder
        self._name = name
        self._process: subprocess.Popen[bytes] | None = None
        self.log_path = folder / f"{name}.log"
        self.pid_path = folder / f"{name}.pid"

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, ready: Callable[[], bool], seconds_max: float = 60.0) -> None:
        """Start and wait until ready, or raise with the end of the server's log."""
        if self.alive:
            raise NotAvailableError(f"{self._name} runs already")
        with self.log_path.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                stdout=output,
                stderr=output,
                cwd=self._folder,
                process_group=0,
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user else None,
            )
        write_pid(self.pid_path, self._process.pid)
        deadline = time.monotonic() + seconds_max
        while not ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise NotAvailableError(f"{self._name} did not start:\n{self._tail()}")
            time.sleep(0.05)

    def _tail(self) -> str:
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-15:])

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def send(self, number: int) -> None:
        """Send a signal to this server only."""
        if self._process and self._process.poll() is None:
            os.kill(self._process.pid, number)

    def stop(self, number: int = signal.SIGTERM, seconds_max: float = 15.0) -> None:
        """End it by its id; kill it when it does not end in time."""
        if not self._process:
            return
        self.send(number)
        try:
            self._process.wait(seconds_max)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.pid_path.unlink(missing_ok=True)
