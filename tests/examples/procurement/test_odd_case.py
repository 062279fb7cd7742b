"""Somebody else's folder, odd as real ones are: every row that can be used is used."""

import io
import json
from pathlib import Path
from typing import Any

import pytest_asyncio

from examples.procurement.data import write_case
from examples.procurement.generator import make_case
from tests.examples.procurement.fake_demo import options, run, serving

SEED = 4_711
USED = {
    "requests": {
        3: {"amount": -1_250.5, "justification": "Credit for the seats that we gave back."},
        4: {"justification": None, "requester": None},
        5: {"urgency": "whenever", "vendor": None},
        6: {"amount": "$4,800.00", "cost_centre": {"code": 7}, "attachments": [1, 2]},
        7: {"amount": 0, "item": ["seats", "training"]},
        8: {"department": None, "urgency": None},
    },
    "stream_requests": {2: {"amount": -90, "department": "Facilities"}},
    "fresh_requests": {9: {"amount": -700, "vendor": 365, "justification": ""}},
    "reviews": {3: {"reasoning": None, "conditions": None}, 4: {"decision": "Approved"}},
}
BAD = {"requests": 11, "reviews": 12, "stream_reviews": 13, "fresh_requests": 14}
"""Lines that break off in the middle."""
SIZES = {"": 60, "stream_": 60, "fresh_": 60}


def write_odd_case(folder: Path) -> None:
    write_case(make_case(SEED, None, *SIZES.values()), folder)
    for name, rows in USED.items():
        path = folder / f"{name}.jsonl"
        lines = path.read_text().splitlines()
        for line, fields in rows.items():
            row = {**json.loads(lines[line - 1]), **fields}
            kept = {key: value for key, value in row.items() if value is not None}
            lines[line - 1] = json.dumps(kept)
        path.write_text("\n".join(lines) + "\n")
    for name, line in BAD.items():
        path = folder / f"{name}.jsonl"
        lines = path.read_text().splitlines()
        lines[line - 1] = lines[line - 1][:30]
        path.write_text("\n".join(lines) + "\n")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(tmp_path_factory: Any) -> tuple[dict[str, Any], Any, str]:
    folder = tmp_path_factory.mktemp("odd")
    write_odd_case(folder / "case")
    screen = io.StringIO()
    async with serving(folder / "home") as fake:
        return await run(options(folder / "home", folder / "case"), screen), fake, screen.getvalue()


def test_a_row_that_breaks_off_costs_itself_only_and_is_named(told: Any) -> None:
    report, fake, screen = told
    assert report["reviews_used"] == len(fake.feedback) == 58 + 59
    assert report["final"]["fresh"]["n"] == 59
    places = {(one["file"], one["line"]) for one in report["skipped_rows"]}
    assert places >= {(f"{name}.jsonl", line) for name, line in BAD.items()}
    assert "skipped requests.jsonl:11: expected a JSON object" in screen


def test_credits_gaps_and_odd_values_are_answered_and_learned_from(told: Any) -> None:
    _, fake, _ = told
    said = {one["example_key"]: one for one in fake.feedback.values()}
    given = {
        key: json.loads(fake.roots[one["trace_id"]]["input.value"]) for key, one in said.items()
    }
    assert given["R-03"]["amount"] == -1_250.5
    assert given["R-04"]["requester"] == given["R-08"]["department"] == ""
    assert given["R-05"]["urgency"] == "whenever"
    assert (given["R-06"]["amount"], "cost_centre" in given["R-06"]) == (4_800.0, False)
    assert given["R-07"]["item"] == "seats, training"
    assert given["S-0002"]["department"] == "Facilities"
    assert said["R-04"]["expected"] == "approve"
