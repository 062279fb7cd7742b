"""PostgreSQL from Debian's package: one cluster in a folder, on loopback."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from deploy.local.process import (
    NotAvailableError,
    ServerProcess,
    free_port,
    require_debian,
)

RUN_AS = "postgres"


def _programs() -> Path:
    """The newest installed server's folder of programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found and not shutil.which("initdb"):
        try:
            require_debian("initdb", "postgresql")
        except NotAvailableError:  # Debian keeps initdb out of PATH
            found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise NotAvailableError("no PostgreSQL server: install the package postgresql")
    return found[-1].parent


class LocalPostgres:
    """A server in `folder` with the database `pawl`, trusted on loopback."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.port = port or free_port()
        self._folder = folder.resolve()
        self._programs = _programs()
        # The server refuses to run as root: hand its folder to Debian's own user.
        self._user = RUN_AS if os.geteuid() == 0 else None
        self._process: ServerProcess | None = None

    @property
    def url(self) -> str:
        return f"postgresql+asyncpg://pawl@127.0.0.1:{self.port}/pawl"

    def start(self) -> None:
        data = self._folder / "data"
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._user:
            self._open_the_way()
            shutil.chown(self._folder, RUN_AS, RUN_AS)
        if not data.exists():
            self._run("initdb", "-D", str(data), "-U", "pawl", "-A", "trust", "-E", "UTF8", "-N")
        command = [str(self._programs / "postgres"), "-D", str(data)]
        command += ["-p", str(self.port), "-h", "127.0.0.1", "-k", str(self._folder)]
        command += ["-c", "max_connections=200"]
        self._process = ServerProcess(command, self._folder, "postgres", self._user)
        self._process.start(self._is_ready)
        self._create_database()

    def client(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's own clients, such as `pg_dump`, against this server."""
        command = [str(self._programs / program), "-h", "127.0.0.1", "-p", str(self.port)]
        subprocess.run([*command, "-U", "pawl", *arguments], check=True)

    def _is_ready(self) -> bool:
        """Listening is not enough: after a crash it replays its log first."""
        command = [str(self._programs / "pg_isready"), "-h", "127.0.0.1", "-p", str(self.port)]
        command += ["-U", "pawl", "-d", "postgres"]
        quiet = subprocess.DEVNULL
        return subprocess.run(command, check=False, stdout=quiet, stderr=quiet).returncode == 0

    def _open_the_way(self) -> None:
        """Let the server's user pass through folders that only root may enter."""
        for folder in self._folder.parents:
            mode = folder.stat().st_mode
            if folder.stat().st_uid == 0 and not mode & 0o001:
                folder.chmod(mode | 0o011)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        quiet = subprocess.DEVNULL
        subprocess.run(command, check=True, stdout=quiet, cwd=self._folder, user=self._user)

    def _create_database(self) -> None:
        command = [str(self._programs / "createdb"), "-h", "127.0.0.1", "-p", str(self.port)]
        command += ["-U", "pawl", "pawl"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode and "already exists" not in done.stderr:
            raise NotAvailableError(done.stderr)

    def stop(self, number: int = signal.SIGINT) -> None:
        """SIGINT is PostgreSQL's fast shutdown."""
        if self._process:
            self._process.stop(number)
