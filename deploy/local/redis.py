"""Redis from Debian's package, on loopback, without persistence: it only carries hints."""

from pathlib import Path

from deploy.local.process import ServerProcess, accepts, free_port, require_debian


class LocalRedis:
    """A server on its own port."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.port = port or free_port()
        self._folder = folder.resolve()
        self._program = require_debian("redis-server", "redis-server")
        self._process: ServerProcess | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        command = [self._program, "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no"]
        self._process = ServerProcess(command, self._folder, "redis")
        self._process.start(lambda: accepts(self.port))

    def stop(self) -> None:
        if self._process:
            self._process.stop()

    def send(self, number: int) -> None:
        """For faults: SIGSTOP, SIGCONT."""
        if self._process:
            self._process.send(number)
