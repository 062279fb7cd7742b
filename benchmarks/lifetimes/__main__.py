"""Error rates and power over whole lives, every figure from fixed seeds.

    python -m benchmarks.lifetimes [PART ...] [--quick]

Prints a table and the figures behind it. Exit code 1 when a bar is not met.
"""

import argparse
import json
import sys
import time

from benchmarks.bars import Outcome, table
from benchmarks.lifetimes.parts import PARTS, Size


def main() -> None:
    """Run the chosen parts in order."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lifetimes", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART")
    parser.add_argument("--quick", action="store_true", help="a minute or so, for developing")
    chosen = parser.parse_args()
    size = Size.quick() if chosen.quick else Size()
    found: dict[str, Outcome] = {}
    for part in chosen.parts or PARTS:
        began = time.monotonic()
        found[part] = PARTS[part](size)
        found[part].figures["seconds"] = round(time.monotonic() - began, 1)
        print(f"... {part} {found[part].figures['seconds']} s", file=sys.stderr, flush=True)
    print(json.dumps({part: one.figures for part, one in found.items()}, indent=1))
    print(table(found))
    sys.exit(0 if all(bar.met for one in found.values() for bar in one.bars) else 1)


if __name__ == "__main__":
    main()
