"""What each department has committed in a period: approvals count against its budget."""

import json
from collections import defaultdict
from pathlib import Path


class Ledger:
    """Kept in a journal, so that a restarted agent knows what it has approved."""

    def __init__(self, journal: Path | None = None) -> None:
        self._committed: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
        self._journal = journal
        if journal is not None and journal.exists():
            text = journal.read_text(encoding="utf-8")
            for line in text.splitlines():
                self._take(line)
            if not text.endswith("\n"):  # killed while it wrote: the next entry needs its own line
                self._append("")

    def _take(self, line: str) -> None:
        try:
            period, department, request_id, amount = json.loads(line)
        except ValueError:
            return  # half a line
        self._committed[period, department][request_id] = amount

    def committed(self, period: str, department: str, request_id: str) -> float:
        """Spent by the department in the period on other requests than this one."""
        entries = self._committed[period, department]
        return sum(amount for other, amount in entries.items() if other != request_id)

    def settle(self, period: str, department: str, request_id: str, amount: float) -> None:
        """Commit the amount, 0 when it was not approved; the same request again replaces it."""
        entries = self._committed[period, department]
        if entries.get(request_id, 0.0) == amount:
            return
        entries[request_id] = amount
        self._append(json.dumps([period, department, request_id, amount]))

    def _append(self, line: str) -> None:
        if self._journal is not None:
            with self._journal.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
