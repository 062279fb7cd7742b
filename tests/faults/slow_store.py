"""A store that answers late: slow disks, a busy server. Heartbeats and the event loop go on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pawl.cluster.held import Cluster

SECONDS = "seconds"
AT_START = f'''
"""Python runs this before the service: each call of the store first waits as the file says."""

import time
from pathlib import Path

from libs.storage import clickhouse

told = Path(__file__).with_name("{SECONDS}")
at_once = clickhouse.Connections.run


async def run(connections, work):
    def late(client):
        time.sleep(float(told.read_text() or 0))
        return work(client)

    return await at_once(connections, late)


clickhouse.Connections.run = run
'''


class SlowStore:
    """Says how long each insert and each read takes longer."""

    def __init__(self, folder: Path) -> None:
        self._told = folder / SECONDS
        self.late_by(0)
        (folder / "sitecustomize.py").write_text(AT_START)

    def late_by(self, seconds: float) -> None:
        self._told.write_text(str(seconds))


@contextmanager
def slow_store(cluster: Cluster, folder: Path) -> Iterator[SlowStore]:
    """The trace store runs with it while the block runs; as fast as ever until told otherwise."""
    store = SlowStore(folder)
    traces = cluster["traces"]
    traces.terminate()
    traces.start(PYTHONPATH=str(folder))
    traces.until_ready()
    try:
        yield store
    finally:
        store.late_by(0)
        traces.terminate()
        traces.start()
        traces.until_ready()
