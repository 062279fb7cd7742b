"""Start and end the processes of a local cluster, by id."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.local import LocalKafka, LocalPostgres, LocalRedis
from deploy.local.process import read_pid, write_pid
from libs.contracts.routes import SERVICES
from libs.runtime.errors import StartupError
from pawl.cluster.layout import Layout

Process = subprocess.Popen[bytes]
READY_SECONDS_MAX = 180.0
STOP_SECONDS_MAX = 15.0
STOP_ORDER = ("gateway", *SERVICES, "redis", "postgres", "kafka")


def start_servers(layout: Layout, cache: Path) -> None:
    """Kafka, PostgreSQL and Redis; what they hold stays in the home."""
    home = Path(layout.home)
    # One after the other as far as something has to be installed, then at once.
    kafka = LocalKafka(home / "kafka", cache, layout.kafka_port)
    postgres = LocalPostgres(home / "postgres", layout.postgres_port)
    redis = LocalRedis(home / "redis", layout.redis_port)
    at_once(kafka.start, postgres.start, redis.start)


def at_once(*steps: Callable[[], None]) -> None:
    """Run all; the first error after all have ended."""
    with ThreadPoolExecutor(len(steps)) as pool:
        for done in [pool.submit(step) for step in steps]:
            done.result()


def start_service(
    layout: Layout, service: str, extra: dict[str, str] | None = None, name: str = ""
) -> Process:
    """One service as its own process; another replica needs a `name` and ports in `extra`."""
    command = [sys.executable, "-m", f"services.{service}.main"]
    return _spawn(layout, name or service, command, layout.environment(service) | (extra or {}))


def start_gateway(layout: Layout) -> Process:
    command = [sys.executable, "-m", "pawl.cluster.gateway", layout.home]
    return _spawn(layout, "gateway", command, {})


def _spawn(
    layout: Layout, name: str, command: Sequence[str], environment: dict[str, str]
) -> Process:
    folder = Path(layout.home) / name
    folder.mkdir(parents=True, exist_ok=True)
    root = Path(__file__).resolve().parents[2]
    with (folder / f"{name}.log").open("ab") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            cwd=root,
            env=os.environ | environment,
            process_group=0,
        )
    write_pid(folder / f"{name}.pid", process.pid)
    return process


def wait_ready(layout: Layout) -> None:
    """Until every service says that it is ready, or `StartupError` with the one that is not."""
    deadline = time.monotonic() + READY_SECONDS_MAX
    waiting = dict(layout.urls)
    while waiting:
        for name, url in list(waiting.items()):
            if _ready(url):
                del waiting[name]
            elif not _alive(pid_of(layout, name)) or time.monotonic() > deadline:
                raise StartupError(f"{name} is not ready:\n{_tail(layout, name)}")
        time.sleep(0.1)


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _tail(layout: Layout, name: str) -> str:
    path = Path(layout.home) / name / f"{name}.log"
    return "\n".join(path.read_text(errors="replace").splitlines()[-15:])


def pid_of(layout: Layout, name: str) -> int | None:
    """The id that was written when the process was started."""
    return read_pid(Path(layout.home) / name / f"{name}.pid")


def _alive(pid: int | None) -> bool:
    if pid is None:
        return False
    try:
        if os.waitpid(pid, os.WNOHANG)[0] == pid:  # our own child that ended
            return False
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def ask_to_stop(layout: Layout, name: str) -> None:
    """Without waiting for it."""
    pid = pid_of(layout, name)
    if pid is not None and _alive(pid):
        os.kill(pid, signal.SIGINT if name == "postgres" else signal.SIGTERM)


def stop(layout: Layout, name: str) -> bool:
    """End one process; True when it ended by itself within the deadline."""
    pid = pid_of(layout, name)
    if pid is None or not _alive(pid):
        return True
    ask_to_stop(layout, name)
    deadline = time.monotonic() + STOP_SECONDS_MAX
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    graceful = not _alive(pid)
    if not graceful:
        os.kill(pid, signal.SIGKILL)
    (Path(layout.home) / name / f"{name}.pid").unlink(missing_ok=True)
    return graceful


def stop_all(layout: Layout) -> list[str]:
    """End everything, services first; returns those that had to be killed."""
    for name in SERVICES:
        ask_to_stop(layout, name)
    return [name for name in STOP_ORDER if not stop(layout, name)]


def is_running(layout: Layout) -> bool:
    return any(_alive(pid_of(layout, name)) for name in STOP_ORDER)
