"""Changes a config by hand and dies by SIGKILL at one write to the gate's record."""

import asyncio
import sys
from pathlib import Path

from libs.testkit.proposals import FILES
from services.review_gate.adapters.changes_sql import SqlChanges
from tests.services.review_gate.crash_child import die_at
from tests.services.review_gate.gatehouse import gatehouse

CHANGED = FILES | {"prompts/system.md": "Decide on purchase requests. Be brief.\n"}


async def whole_way(home: Path, listener: str) -> tuple[str, list[str]]:
    """Import and change; safe to run again. Main's commit and all decisions."""
    async with gatehouse(home, listener=listener) as gate:
        first = (await gate.import_config()).json()
        base = home / "base"
        if not base.exists():
            base.write_text(first["commit"])
        changed = await gate.import_config(CHANGED, base_commit=base.read_text())
        changed.raise_for_status()
        said = [event.natural_id() for event in await gate.said(2)]
        return str(changed.json()["commit"]), said


if __name__ == "__main__":
    die_at(sys.argv[2], SqlChanges)
    asyncio.run(whole_way(Path(sys.argv[1]), "before-the-crash"))
    sys.exit("the deadly write was never reached")
