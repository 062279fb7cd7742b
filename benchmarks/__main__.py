"""Every promised figure, measured: prints a table and writes JSON.

    python -m benchmarks [PART ...] [--quick] [--name NAME]

Without parts, all but those that need servers of a cluster. Exit code 1 when a bar is not met.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    find,
    kills,
    kills_cluster,
    latency,
    memory,
    queries,
    scale,
    soak,
    throughput,
)
from benchmarks.bars import Outcome, table
from benchmarks.context import Context
from benchmarks.gaming import run as gaming
from benchmarks.machine import described
from benchmarks.servers import ROOT

RESULTS = ROOT / "benchmarks" / "results"
PARTS: dict[str, Callable[[Context], Outcome]] = {
    "throughput": throughput.run,
    "latency": latency.run,
    "memory": memory.run,
    "queries": queries.run,
    "find": find.run,
    "kills": kills.run,
    "kills-cluster": kills_cluster.run,
    "scale": scale.run,
    "soak": soak.run,
    "gaming": gaming.run,
}
ON_REQUEST = {"kills-cluster", "scale", "soak"}
"""Needs Kafka, PostgreSQL and Redis on the machine."""


def main() -> None:
    """Run the chosen parts in order."""
    chosen = _arguments()
    found: dict[str, Outcome] = {}
    with tempfile.TemporaryDirectory(prefix="pawl-bench-") as folder:
        context = Context(Path(folder), chosen.quick, _say)
        try:
            for part in chosen.parts or [name for name in PARTS if name not in ON_REQUEST]:
                machine, began = described(), time.monotonic()
                found[part] = PARTS[part](context)
                found[part].figures["part_seconds"] = round(time.monotonic() - began, 1)
                _write(chosen.name, part, {"quick": chosen.quick, "machine": machine}, found[part])
        finally:
            context.close()
    print(table(found))
    print(f"written to {_path(chosen.name)}")
    sys.exit(0 if all(bar.met for one in found.values() for bar in one.bars) else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART")
    parser.add_argument("--quick", action="store_true", help="a minute or two, for developing")
    parser.add_argument("--name", default="last.local", help="of the results file")
    return parser.parse_args()


def _say(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)


def _path(name: str) -> Path:
    return RESULTS / f"{name}.json"


def _write(name: str, part: str, about: dict[str, object], outcome: Outcome) -> None:
    """After each part; what the file holds of other parts stays, each with its own time."""
    path = _path(name)
    path.parent.mkdir(exist_ok=True)
    held = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    parts = held.get("parts", {}) | {part: about | outcome.as_json()}
    path.write_text(json.dumps({"parts": parts}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
