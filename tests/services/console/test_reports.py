"""Reports of runs, and the record of what each config reached."""

import copy
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from deploy.local import LocalPostgres
from libs.contracts.api import ExampleCounts
from services.console.adapters.curves_sql import Curves
from services.console.handlers import Recorder
from tests.services.console.conftest import Console, running_console
from tests.services.console.fake_evidence import AGENT, DIGESTS
from tests.services.console.fake_platform import counts_at
from tests.services.console.fake_report import REPORT
from tests.services.console.html_check import Page


async def test_a_report_is_read_back_and_replaced_as_it_grows(console: Console) -> None:
    grown = copy.deepcopy(REPORT)
    grown["seconds"] = 99.0
    for body in (REPORT, grown, grown):
        put = await console.browser.put("/loop-reports/demo/7", json=body)
        assert put.status_code == 200
    got = (await console.browser.get("/loop-reports/demo/7")).json()
    assert (got["seconds"], len(got["cycles"])) == (99.0, 4)
    assert got["final"]["fresh"]["ci"] == [0.754, 0.806]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 422, "body"),
        (b'{"baseline": {"mine": 2}}', 422, "baseline.mine"),
        (b'{"baseline": {}, "cycles": [{"n": "x"}]}', 422, "cycles.0.n"),
        (b'"' + b"x" * 2_100_000 + b'"', 413, "2000000"),
    ],
)
async def test_a_report_that_cannot_be_names_the_field(
    console: Console, body: bytes, status: int, words: str
) -> None:
    headers = {"accept": "application/json"}
    response = await console.browser.put("/loop-reports/x", content=body, headers=headers)
    assert (response.status_code, words in response.json()["detail"]) == (status, True)


async def test_a_run_name_is_held_to_its_letters(console: Console) -> None:
    headers = {"accept": "application/json"}
    response = await console.browser.put("/loop-reports/a%20b", json=REPORT, headers=headers)
    assert response.status_code == 422


async def test_a_report_survives_a_restart(tmp_path: Path) -> None:
    async with running_console(tmp_path) as console:
        await console.browser.put("/loop-reports/demo-7", json=REPORT)
    async with running_console(tmp_path) as console:
        assert "cycle 4" in await console.page("/loop/demo-7")


def recorder_of(console: Console) -> tuple[Recorder, list[ExampleCounts]]:
    kept: list[ExampleCounts] = []

    class Keeping(Curves):
        def __init__(self) -> None:
            pass

        async def remember(self, counts: ExampleCounts, now: object) -> None:
            kept.append(counts)

    return Recorder(console.app, Keeping()), kept


async def test_the_recorder_asks_for_the_config_that_serves_now(console: Console) -> None:
    recorder, kept = recorder_of(console)
    console.platform.answers["/api/v1/examples/counts"] = counts_at(3)
    await recorder.record()
    assert [(one.agent, one.config_digest) for one in kept] == [(AGENT, DIGESTS[2])]
    assert f"config_digest={DIGESTS[2].replace(':', '%3A')}" in console.platform.seen[-1][1]


@pytest.mark.parametrize("service", ["review_gate", "runtime_config", "datasets"])
async def test_the_recorder_waits_while_a_service_is_down(console: Console, service: str) -> None:
    recorder, kept = recorder_of(console)
    console.platform.down.add(service)
    await recorder.record()
    assert kept == []


async def test_what_was_remembered_by_split_is_added_up(tmp_path: Path) -> None:
    async with running_console(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / "console.db")) as old:
        old.execute("DROP TABLE console_config_agreement")
        old.execute("UPDATE alembic_version_console SET version_num = '0001'")
        for split, n, correct in (("mine", 58, 31), ("select", 19, 10), ("sealed", 53, 29)):
            row = (AGENT, DIGESTS[0], split, n, correct, 0.4, 0.7, "2026-01-31 12:00:00.000000")
            old.execute("INSERT INTO console_agreement VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        old.commit()
    async with running_console(tmp_path) as console:
        page = " ".join(Page(await console.page("/")).text.split())
        assert "agreed, release 1: 53.8 % of 130, 95 % interval 45.3 % to 62.2 %" in page


async def test_curves_and_reports_are_kept_on_postgresql(
    tmp_path: Path, postgres: LocalPostgres
) -> None:
    async with running_console(tmp_path, database_url=postgres.url) as console:
        for release in (1, 2):
            console.platform.answers["/api/v1/examples/counts"] = counts_at(release)
            await console.page("/")
        await console.browser.put("/loop-reports/demo-7", json=REPORT)
        page = await console.page("/")
        assert "agreed, release 1: 53.8 %" in page
        assert "fresh, cycle 4: 78.1 %" in page
