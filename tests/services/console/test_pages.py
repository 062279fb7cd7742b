"""Every page says what it should, is sound HTML, and survives a platform that is half down."""

from typing import Any

import pytest

from libs.testkit.proposals import TRACE
from tests.services.console.conftest import Console
from tests.services.console.fake_evidence import AGENT, DIGESTS, TESTED_ID
from tests.services.console.fake_platform import OPEN_ID, counts_at
from tests.services.console.fake_report import REPORT
from tests.services.console.html_check import Page

SPAN = f"/traces/{TRACE}?span={7:016x}"
PAGES = (
    "/",
    f"/?agent={AGENT}",
    "/loop/demo-7",
    "/proposals",
    "/proposals?state=open",
    f"/proposals/{OPEN_ID}",
    f"/proposals/{TESTED_ID}",
    "/proposals/prop-000000000000",
    "/proposals/prop-000000000003",
    "/traces",
    "/traces?status=ERROR&agent=procurement",
    f"/traces/{TRACE}",
    SPAN,
    "/releases",
    "/clusters",
    "/login",
)


async def put_report(console: Console, run: str = "demo-7") -> None:
    response = await console.browser.put(f"/loop-reports/{run}", json=REPORT)
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_sound_html_under_a_strict_content_policy(
    console: Console, path: str
) -> None:
    await put_report(console)
    response = await console.browser.get(path)
    assert response.status_code == 200
    assert Page(response.text).faults == []
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_every_link_of_the_loop_page_leads_to_a_page(console: Console) -> None:
    await put_report(console)
    page = Page(await console.page("/"))
    for link in {one.partition("#")[0] for one in page.links} - {""}:
        response = await console.browser.get(link)
        assert response.status_code == 200, link


@pytest.mark.parametrize(
    "words",
    [
        "serves release 3",
        "generation 3",
        "approved by ada",
        "ACK generation 3",
        "NACK generation 3, runs 2",
        "the model of this build has no field `increase`",
        "Your turn",
        "(exact: +28.3 points, n=53)",
        "decide by 2026-02-14",
        "Too broad: renewals of the CRM are fine.",
        "Security is flagged",
        "first config",
        "The next exact test has to come below p = 0.0061, the next of the procedure has to "
        "reach E = 500.",
        "1 procedure promoted 90 24 : 5 E = 83.2 reach 50 many, one learned after the other",
        "2 exact promoted 53 17 : 2 p = 0.00036 be below 0.0125 333333333333",
        "3 exact open 20 4 : 0 p = 0.0625 be below 0.0083 444444444444",
        "at most 5 % are expected to be no improvement",
    ],
)
async def test_the_loop_page_says(console: Console, words: str) -> None:
    assert words in " ".join(Page(await console.page("/")).text.split())


async def test_the_curve_grows_by_release_and_keeps_what_a_past_config_reached(
    console: Console,
) -> None:
    for release in (1, 2, 3):
        console.platform.answers["/api/v1/examples/counts"] = counts_at(release)
        await console.page("/")
    text = " ".join(Page(await console.page("/")).text.split())
    assert "agreed, release 1: 53.8 % of 130, 95 % interval 44.8 % to 61.8 %" in text
    assert "agreed, release 3: 76.2 % of 130" in text


async def test_the_newest_releases_are_counted_anew(console: Console) -> None:
    await console.page("/")
    asked = "".join(url for _, url, _, _ in console.platform.seen if "examples/counts" in url)
    assert all(digest.replace(":", "%3A") in asked for digest in DIGESTS[:3])


async def test_fewer_answers_under_a_past_config_do_not_overwrite_more(console: Console) -> None:
    answers = console.platform.answers
    answers["/api/v1/examples/counts"] = counts_at(1)
    await console.page("/")
    answers["/api/v1/examples/counts"] = {**counts_at(1), "n": 3, "correct": 3}
    assert "agreed, release 1: 53.8 % of 130" in Page(await console.page("/")).text


async def test_a_reported_run_stands_on_the_loop_page_with_its_fresh_gain(
    console: Console,
) -> None:
    await put_report(console)
    text = " ".join(Page(await console.page("/")).text.split())
    assert "+24.0 points on 1,000 fresh requests" in text
    assert "fresh, baseline: 54.1 % of 1000, 95 % interval 51.0 % to 57.2 %" in text
    assert "cycle 1: 1 approved, 1 refused" in text
    assert "cycle 4: 1 refused, 1 under test" in text


async def test_the_page_of_a_run_has_curve_table_rules_and_refusals(console: Console) -> None:
    await put_report(console)
    text = " ".join(Page(await console.page("/loop/demo-7")).text.split())
    assert "fresh, cycle 4: 78.1 % of 1000" in text
    assert "75.4 % to 80.6 %" in text
    assert "When Security asks, approve. changes 12 answers: 11 to right, 1 to wrong" in text
    assert "no gain on the lessons: 4 won, 4 lost" in text
    assert "4 cycles in 2 min 22 s" in text
    assert "procedure +21.1 points, 90 reviews, 24 won, 5 lost · E = 83.2, had to reach 50" in text
    assert "p = 0.0625, has to be below 0.0125" in text
    assert "Cycle 4 520 reviews so far" in text


async def test_a_report_that_still_grows_is_shown_as_far_as_it_is(console: Console) -> None:
    half: dict[str, Any] = {"agent": AGENT, "baseline": {"mine": 0.5, "sealed": 0.5}}
    assert (await console.browser.put("/loop-reports/half", json=half)).status_code == 200
    page = Page(await console.page("/"))
    assert "counted at the end of the run" in page.text
    assert page.faults == []


@pytest.mark.parametrize(
    "words",
    [
        "wanted approve",
        "After the breach we said yes to Security, within reason.",
        "1 of 3 tool calls ended in an error",
        "check_budget error",
        "1,204 tok",
        '"justification": "The audit after the March incident',
        "7, 1 error",
    ],
)
async def test_the_page_of_a_trace_says(console: Console, words: str) -> None:
    assert words in " ".join(Page(await console.page(f"/traces/{TRACE}")).text.split())


async def test_a_trace_that_ran_through_several_projects_offers_each(console: Console) -> None:
    path = f"/api/v1/traces/{TRACE}"
    body = {"title": "Conflict", "status": 409, "detail": "which?", "projects": ["shop", "a&b"]}
    console.platform.refused[path] = (409, body)
    response = await console.browser.get(f"/traces/{TRACE}")
    assert response.status_code == 409
    for project in ("shop", "a%26b"):
        assert f'href="/traces/{TRACE}?project={project}"' in response.text


async def test_a_selected_span_shows_its_conversation(console: Console) -> None:
    text = " ".join(Page(await console.page(SPAN)).text.split())
    assert "systemYou decide on purchase requests." in text
    assert "tool check_policy" in text
    assert "904 in, 102 out 512 from cache" in text


async def test_a_long_value_is_cut_with_a_way_to_all_of_it(console: Console) -> None:
    tree = console.platform.answers[f"/api/v1/traces/{TRACE}"]
    tree["spans"][0]["input"] = "x" * 30_000 + "END"
    page = await console.page(f"/traces/{TRACE}")
    assert "10,003 more characters." in page
    assert "END" not in page
    assert "xEND" in await console.page(f"/traces/{TRACE}?full=1")


async def test_filters_and_cursor_of_the_trace_list_reach_the_query(console: Console) -> None:
    page = await console.page("/traces?status=ERROR&attribute=a%3Db&cursor=c%2Fd")
    _, url, _, _ = console.platform.seen[-1]
    assert "status=ERROR" in url
    assert "attribute=a%3Db" in url
    assert "cursor=c%2Fd" in url
    assert "/traces?status=ERROR&amp;attribute=a%3Db&amp;cursor=next%20page" in page


async def test_without_an_agent_the_loop_page_tells_how_to_begin(console: Console) -> None:
    console.platform.answers["/api/v1/config-repo"] = {"commit": None, "agents": []}
    assert "pawl demo" in await console.page("/")


SERVICES = ("review_gate", "runtime_config", "experiments", "datasets", "clustering")


@pytest.mark.parametrize("service", SERVICES)
async def test_while_a_service_is_down_the_loop_page_shows_the_rest(
    console: Console, service: str
) -> None:
    console.platform.down.add(service)
    page = Page(await console.page(f"/?agent={AGENT}"))
    assert page.faults == []
    assert f"{service} does not answer now" in page.text


@pytest.mark.parametrize(
    ("path", "service"),
    [("/traces", "traces"), ("/clusters", "clustering"), ("/proposals", "review_gate")],
)
async def test_a_page_that_needs_a_service_says_that_it_is_down(
    console: Console, path: str, service: str
) -> None:
    console.platform.down.add(service)
    response = await console.browser.get(f"{path}?agent={AGENT}")
    assert (response.status_code, Page(response.text).faults) == (502, [])
    assert f"{service} does not answer now" in response.text


@pytest.mark.parametrize(
    "path", ["/proposals/nobody", "/traces/0", "/loop/none", "/nowhere", "/docs"]
)
async def test_what_is_not_there_is_a_404_page(console: Console, path: str) -> None:
    response = await console.browser.get(path)
    assert (response.status_code, Page(response.text).faults) == (404, [])
