"""Writes a case in the form that `load_case` reads."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel

from examples.procurement.data import load
from examples.procurement.data.model import Case


def write_case(case: Case, folder: Path) -> None:
    """All files or none: the folder appears under its name in one step."""
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    _write_rows(fresh / load.REQUESTS, case.requests)
    _write_rows(fresh / load.REVIEWS, case.reviews.values())
    _write_rows(fresh / load.FRESH_REQUESTS, case.fresh_requests)
    _write_rows(fresh / load.FRESH_REVIEWS, case.fresh_reviews.values())
    if case.stream_requests:
        _write_rows(fresh / load.STREAM_REQUESTS, case.stream_requests)
        _write_rows(fresh / load.STREAM_REVIEWS, case.stream_reviews.values())
    reference = json.dumps(case.reference.model_dump(mode="json"), indent=2, ensure_ascii=False)
    (fresh / load.REFERENCE).write_text(reference + "\n", encoding="utf-8")
    fresh.rename(folder)


def _write_rows(path: Path, rows: Iterable[BaseModel]) -> None:
    lines = [json.dumps(row.model_dump(mode="json"), ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
