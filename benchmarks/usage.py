"""What processes and folders use: CPU seconds, memory, bytes on disk."""

import os
from pathlib import Path

from deploy.local.process import read_pid
from pawl.cluster.held import Cluster

SERVERS = ("kafka", "postgres", "redis")


def cpu_seconds(pid: int) -> float:
    """User and system time so far, of the process and of children that it waited for or has."""
    total = _ticks(pid, ended_too=True)
    return (total + sum(_ticks(child, ended_too=True) for child in _children(pid))) / _hertz()


def memory_bytes(pid: int) -> int:
    """Memory now, children included: pages that several processes hold count once.

    Without segments of shared memory: PostgreSQL's has a fixed size and fills as it is used.
    """
    return sum(_proportional(one) for one in (pid, *_children(pid)))


def folder_bytes(folder: Path) -> int:
    """On disk, as `du` counts: blocks, not lengths."""
    return sum(
        path.stat().st_blocks * 512
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    )


def pids(cluster: Cluster) -> dict[str, int]:
    """Every process of the cluster by name."""
    found = {name: service.pid for name, service in cluster.services.items() if service.alive}
    home = Path(cluster.layout.home)
    for name in SERVERS:
        pid = read_pid(home / name / f"{name}.pid")
        if pid is not None:
            found[name] = pid
    return found


class CpuMeter:
    """CPU seconds of each process since the meter was made."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._before = {name: cpu_seconds(pid) for name, pid in pids(cluster).items()}

    def spent(self) -> dict[str, float]:
        """A process that was started since counts from its start."""
        now = {name: cpu_seconds(pid) for name, pid in pids(self._cluster).items()}
        return {name: value - self._before.get(name, 0.0) for name, value in now.items()}


def _children(pid: int) -> list[int]:
    """All below, also of PostgreSQL, which works in processes of its own."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _parent(int(entry.name)) == pid:
            found += [int(entry.name), *_children(int(entry.name))]
    return found


def _fields(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _parent(pid: int) -> int:
    fields = _fields(pid)
    return int(fields[1]) if fields else 0


def _ticks(pid: int, *, ended_too: bool) -> int:
    fields = _fields(pid)
    last = 15 if ended_too else 13
    return sum(int(one) for one in fields[11:last])


def _proportional(pid: int) -> int:
    """Each page divided by the number of processes that hold it."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    sizes = {line.split()[0]: int(line.split()[1]) * 1024 for line in lines[1:]}
    return sizes.get("Pss:", 0) - sizes.get("Pss_Shmem:", 0)


def _hertz() -> int:
    return os.sysconf("SC_CLK_TCK")
