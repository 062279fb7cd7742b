"""A demo on a short case against the platform in memory."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from examples.procurement.data import Case
from examples.procurement.demo import DemoOptions
from examples.procurement.demo.play import play
from examples.procurement.demo.stopping import Stopping
from libs.runtime.serve import Server
from libs.testkit.fake_platform import FakePlatform, ToyRule

FRESH = 30
RULES = (
    ToyRule(
        'request.department == "Marketing" && request.justification.contains("campaign")', "reject"
    ),
    ToyRule('request.department == "Security" && request.amount <= 25000.0', "approve", "exact"),
    ToyRule("request.price_increase_percent > 10.0", "flag-for-review", "refused"),
    ToyRule('vendor.has_preferred_rival && request.department != "Security"', "reject"),
)
WAITS, REFUSED = 1, 2
SIZE = 20
"""Requests of a cycle."""


def shortened(case: Case) -> Case:
    """So that the tests are quick; the last cycle has fewer requests than the others."""
    parts = {"": SIZE, "stream_": 3 * SIZE - 5, "fresh_": FRESH}
    fewer: dict[str, Any] = {}
    for part, size in parts.items():
        requests = getattr(case, f"{part}requests")[:size]
        reviews = getattr(case, f"{part}reviews")
        fewer |= {f"{part}requests": requests}
        fewer |= {f"{part}reviews": {one.id: reviews[one.id] for one in requests}}
    return case.model_copy(update=fewer)


@asynccontextmanager
async def serving(home: Path) -> AsyncIterator[FakePlatform]:
    fake = FakePlatform("procurement", ("requester", "vendor", "item"), RULES)
    server = Server(fake.api, "127.0.0.1", 0)
    await server.start()
    url = f"http://127.0.0.1:{server.port}"
    home.mkdir(parents=True, exist_ok=True)
    (home / "endpoints.json").write_text(json.dumps({"api": url, "otlp_http": url}))
    try:
        yield fake
    finally:
        await server.stop()


def options(home: Path, data: Path) -> DemoOptions:
    return DemoOptions(
        home=home, data_dir=data, exit_after=True, report=home / "report.json", cluster=True
    )


async def run(chosen: DemoOptions, screen: io.StringIO | None = None) -> dict[str, Any]:
    await play(chosen, Console(file=screen or io.StringIO(), width=200), Stopping())
    assert chosen.report is not None
    report: dict[str, Any] = json.loads(chosen.report.read_text())
    return report
