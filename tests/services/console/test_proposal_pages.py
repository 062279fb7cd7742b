"""A proposal is read in two minutes: evidence of one kind, flags, what it does, risk, way back."""

import pytest

from libs.testkit.proposals import procedure
from tests.services.console.conftest import Console
from tests.services.console.fake_evidence import TESTED_ID, as_json
from tests.services.console.fake_platform import OPEN_ID
from tests.services.console.html_check import Page


@pytest.mark.parametrize(
    "words",
    [
        "+28.3 points",
        "exact agreement with reviewers of this very config, on 53 reviews recorded "
        "after it was frozen: 29 were right, now 44 are; 17 won, 2 lost.",
        "95 % interval +14.4 to +42.2",
        "p = 0.00036, had to be below 0.0125",
        "Test 2 of this agent's life (exact), after 1 promotion",
        "reviews 78 to 130 of its log",
        "lessons known when it was drafted, proves nothing",
        "while nothing helps, the chance of ever promoting anything is at most 5 %",
        "When Security asks and the agent wants to flag, approve.",
        "Changes 12 answers among the lessons: 11 to right, 1 to wrong.",
        "without it 8 wins would be gone.",
        "Their quote was 40k, we paid 57k in the end.",
        "Diff +22 −1",
        "id: security-leeway",
        "never approve a suspended vendor: 100.0 % before",
        "Latency: 1.03 times, allowed 1.5 times",
        "at most 26 of 77 lessons (33.8 %)",
        "PR-0042",
        "pawl config rollback procurement --to-digest sha256:3333",
        "Approve and release",
        "rules: changes answers where its condition holds",
    ],
)
async def test_the_page_of_a_proposal_says(console: Console, words: str) -> None:
    assert words in " ".join(Page(await console.page(f"/proposals/{OPEN_ID}")).text.split())


async def test_evidence_of_the_procedure_is_never_told_as_a_test_of_this_config(
    console: Console,
) -> None:
    text = " ".join(Page(await console.page("/proposals/prop-000000000001")).text.split())
    assert "learning like this, on 90 reviews each judged by what was learned before it" in text
    assert "refitted on all reviews and has not been tested itself" in text
    assert "E = 83.2, had to reach 50" in text
    assert "this very config, on" not in text


async def test_flags_stand_before_what_a_change_does(console: Console) -> None:
    path = f"/proposals/{OPEN_ID}"
    console.platform.answers[f"/api/v1{path}"]["experiment"]["flags"] = ["few groups: 3 of <b>"]
    text = Page(await console.page(path)).text
    assert text.index("few groups: 3 of <b>") < text.index("What it does")


@pytest.mark.parametrize("path", ["/proposals", f"/proposals/{TESTED_ID}"])
async def test_a_candidate_under_test_shows_how_far_it_is(console: Console, path: str) -> None:
    text = " ".join(Page(await console.page(path)).text.split())
    assert "Frozen, and judged by the reviews that come: 20 reviews so far" in text
    assert "4 won, 0 lost · p = 0.0625, has to be below 0.0083" in text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("queued", "Waits for its turn to be tested."),
        ("running", "Is being checked on lessons"),
        ("gathering", "waits for the first review that counts"),
    ],
)
async def test_a_candidate_that_nothing_has_judged_yet_says_why(
    console: Console, state: str, words: str
) -> None:
    one = console.platform.answers["/api/v1/experiments"]["items"][0]
    one.update(state=state, evidence=None)
    page = Page(await console.page(f"/proposals/{TESTED_ID}"))
    assert (page.faults, words in " ".join(page.text.split())) == ([], True)


async def test_what_waits_for_evidence_of_the_procedure_is_not_said_to_be_judged_itself(
    console: Console,
) -> None:
    one = console.platform.answers["/api/v1/experiments"]["items"][0]
    one.update(evidence=as_json(procedure(e_value=3.1)))
    text = " ".join(Page(await console.page(f"/proposals/{TESTED_ID}")).text.split())
    assert "Waits for the evidence of learning like this, which new reviews add to: 90" in text
    assert "E = 3.1, has to reach 50" in text
    assert "judged by the reviews that come" not in text


@pytest.mark.parametrize("path", ["/proposals", f"/proposals/{TESTED_ID}"])
async def test_without_experiments_proposals_are_shown_all_the_same(
    console: Console, path: str
) -> None:
    console.platform.down.add("experiments")
    assert "Look at renewals that grew" in await console.page(path)


async def test_the_ledger_leads_from_a_test_to_the_proposal_under_test(console: Console) -> None:
    assert f"/proposals/{TESTED_ID}" in Page(await console.page("/")).links


async def test_a_settled_proposal_has_no_form_and_tells_who_and_why(console: Console) -> None:
    page = Page(await console.page("/proposals/prop-000000000001"))
    assert "textarea" not in page.tags
    text = " ".join(page.text.split())
    assert "Rejected by ada, 31 min ago: Too broad: renewals of the CRM are fine." in text


async def test_an_approval_that_the_registry_refuses_says_so(console: Console) -> None:
    text = " ".join(Page(await console.page("/proposals/prop-000000000000")).text.split())
    assert "Refused by the registry: approved by 'ada', allowed are grace" in text
