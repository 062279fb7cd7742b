"""Everything a mining run knows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from libs.contracts.api import ClusterView, ConfigFiles, ExampleView, LedgerView


@dataclass(frozen=True)
class Brief:
    """`refused` are the edits of proposals that were tried and refused before."""

    agent: str
    mining_run_id: str
    config: ConfigFiles
    clusters: tuple[ClusterView, ...]
    examples: tuple[ExampleView, ...]
    ledger: LedgerView | None
    refused: tuple[tuple[dict[str, Any], ...], ...]
    now: datetime
