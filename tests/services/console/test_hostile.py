"""Text out of traces, proposals and reports never becomes markup, and no other site decides."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from libs.runtime.keys import KeysFile, new_key, write_keys
from libs.testkit.proposals import TRACE
from tests.services.console.conftest import Console, running_console
from tests.services.console.fake_evidence import AGENT
from tests.services.console.fake_platform import OPEN_ID
from tests.services.console.fake_report import REPORT
from tests.services.console.html_check import Page

ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)' x='",
    "javascript:alert(1)",
    "</pre></title></textarea><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt;\u202e\u0000\ud7ff",
)
KEPT = {"state", "status", "verdict", "author", "op", "risk", "outcome", "evidence_kind"}
"""Fields whose values the models fix; everything else may be anything."""


def poisoned(value: Any, attack: str, key: str = "") -> Any:
    """Every free text of an answer with the attack behind it."""
    if isinstance(value, dict):
        return {name: poisoned(item, attack, name) for name, item in value.items()}
    if isinstance(value, list):
        return [poisoned(item, attack, key) for item in value]
    is_free = key not in KEPT and not key.endswith("_at") and key != "span_id"
    if key == "kind":  # of a span any text, of feedback and evidence one of a few words
        is_free = isinstance(value, str) and value.isupper()
    return value + attack if isinstance(value, str) and is_free else value


def paths() -> Iterator[str]:
    yield from ("/", "/proposals", f"/proposals/{OPEN_ID}", "/traces", f"/traces/{TRACE}")
    yield from (f"/traces/{TRACE}?span={7:016x}", "/releases", "/clusters", "/loop/demo-7")


@pytest.mark.parametrize("attack", ATTACKS)
async def test_hostile_text_stays_text_on_every_page(console: Console, attack: str) -> None:
    answers = console.platform.answers
    for path, answer in list(answers.items()):
        answers[path] = poisoned(answer, attack)
    answers["/api/v1/config-repo"]["agents"] = [AGENT]
    answers["/api/v1/proposals/" + OPEN_ID]["pull_url"] = "javascript:alert(1)"
    report = await console.browser.put("/loop-reports/demo-7", json=poisoned(REPORT, attack))
    assert report.status_code == 200, report.text
    for path in paths():
        response = await console.browser.get(f"{path}{'&' if '?' in path else '?'}agent={AGENT}")
        assert response.status_code == 200, f"{path}: {response.text}"
        page = Page(response.text)
        assert page.faults == [], path
        assert not {"img", "iframe", "object", "embed"} & set(page.tags[page.tags.index("main") :])


async def test_what_a_visitor_asks_for_stays_text_too(console: Console) -> None:
    for path in ("/?agent=", "/traces?attribute=", "/traces?cursor=", "/proposals?agent="):
        response = await console.browser.get(path + "%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
        assert "<script>alert" not in response.text
        assert Page(response.text).faults == []


@pytest.mark.parametrize("agent", ["../../v1/traces", "a/b", "..", ".", "%2e%2e", "a?b#c"])
async def test_a_name_cannot_lead_a_call_to_another_path(console: Console, agent: str) -> None:
    response = await console.browser.get("/", params={"agent": agent})
    assert response.status_code == (404 if agent in ("..", ".") else 200)
    called = [httpx.URL(url).raw_path.decode() for _, url, _, _ in console.platform.seen]
    for path in (one.partition("?")[0] for one in called):
        if path.startswith("/api/v1/agents"):
            assert path.endswith(("/channels/production", "/instances")), path
            assert path.count("/") in (5, 6), path
        assert not path.startswith("/api/v1/traces"), path


FORM = {"decision": "approve", "reviewer": "ada", "head_commit": "c" * 40, "reason": ""}


async def test_a_decision_goes_to_the_public_api_as_it_was_filled_in(console: Console) -> None:
    response = await console.post(f"/proposals/{OPEN_ID}", {**FORM, "reason": " looks right "})
    assert (response.status_code, response.headers["location"]) == (303, f"/proposals/{OPEN_ID}")
    method, url, _, body = console.platform.seen[-1]
    assert (method, url.endswith(f"/api/v1/proposals/{OPEN_ID}/decision")) == ("POST", True)
    assert httpx.Response(200, content=body).json() == {**FORM, "reason": "looks right"}


async def test_a_refused_decision_is_told_on_the_page(console: Console) -> None:
    console.platform.refuse_decision = (409, "you read cccc, the branch is at dddd: read it again")
    response = await console.post(f"/proposals/{OPEN_ID}", FORM)
    assert response.status_code == 409
    assert "the branch is at dddd: read it again" in response.text
    assert Page(response.text).faults == []


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:9999"},
        {"referer": "https://evil.example/localhost:8080"},
        {"x-nothing": "at all"},
    ],
)
async def test_a_form_of_another_site_decides_nothing(
    console: Console, headers: dict[str, str]
) -> None:
    response = await console.post(f"/proposals/{OPEN_ID}", FORM, **headers)
    assert response.status_code == 403
    assert not [one for one in console.platform.seen if one[0] == "POST"]


async def test_an_old_browser_is_known_by_its_origin(console: Console) -> None:
    response = await console.post(f"/proposals/{OPEN_ID}", FORM, origin="http://localhost:8080")
    assert response.status_code == 303


async def test_a_body_that_is_no_form_is_refused(console: Console) -> None:
    own = {"sec-fetch-site": "same-origin"}
    path = f"/proposals/{OPEN_ID}"
    assert (await console.browser.post(path, json=FORM, headers=own)).status_code == 415
    long = {**FORM, "reason": "x" * 300_000}
    assert (await console.post(path, long)).status_code == 413


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:8080", "10.0.0.7"])
async def test_without_keys_a_foreign_host_name_is_refused(console: Console, host: str) -> None:
    response = await console.browser.get("/", headers={"host": host})
    assert (response.status_code, "PAWL_CONSOLE_HOSTS" in response.text) == (421, True)
    assert console.platform.seen == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST:1"])
async def test_every_name_of_this_machine_is_welcome(console: Console, host: str) -> None:
    assert (await console.browser.get("/", headers={"host": host})).status_code == 200


async def test_with_keys_pages_need_a_login_and_use_the_viewers_own_key(tmp_path: Path) -> None:
    reader, reader_entry = new_key("reader", frozenset({"read"}))
    sender, sender_entry = new_key("sender", frozenset({"ingest"}))
    keys = tmp_path / "keys.yaml"
    write_keys(keys, KeysFile(keys=(reader_entry, sender_entry)))
    async with running_console(tmp_path, keys_file=keys, internal_key="inside") as console:
        first = await console.browser.get("/")
        assert (first.status_code, first.headers["location"]) == (303, "/login")
        for wrong, status in (("nonsense", 401), (sender, 403)):
            refused = await console.post("/login", {"key": wrong})
            assert (refused.status_code, Page(refused.text).faults) == (status, [])
            assert "set-cookie" not in refused.headers
        entered = await console.post("/login", {"key": reader})
        cookie = entered.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        console.platform.seen.clear()
        assert (await console.browser.get("/")).status_code == 200
        assert {key for _, _, key, _ in console.platform.seen} == {f"Bearer {reader}"}
        assert "release 3" in await console.page("/")
        assert (await console.browser.put("/loop-reports/demo-7", json=REPORT)).status_code == 401


async def test_a_reader_without_the_scope_review_sees_all_figures(tmp_path: Path) -> None:
    """What proves a change did not exist when it was drafted: nothing has to be hidden."""
    reader, reader_entry = new_key("reader", frozenset({"read"}))
    judge, judge_entry = new_key("judge", frozenset({"read", "review"}))
    keys = tmp_path / "keys.yaml"
    write_keys(keys, KeysFile(keys=(reader_entry, judge_entry)))
    async with running_console(tmp_path, keys_file=keys, internal_key="inside") as console:
        as_judge = {"authorization": f"Bearer {judge}"}
        put = await console.browser.put("/loop-reports/demo-7", json=REPORT, headers=as_judge)
        assert put.status_code == 200
        as_reader = {"authorization": f"Bearer {reader}"}
        seen = (await console.browser.get("/", headers=as_reader)).text
        assert seen == (await console.browser.get("/", headers=as_judge)).text
        assert "agreed, release 3" in seen
        assert "demo-7" in seen
        assert (await console.browser.get("/loop/demo-7", headers=as_reader)).status_code == 200
        refused = await console.browser.put("/loop-reports/x", json=REPORT, headers=as_reader)
        assert refused.status_code == 403
