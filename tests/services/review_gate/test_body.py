"""The pull request tells what a person needs, and hostile text in it stays text."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from libs.contracts.api import ProposalView
from libs.contracts.events import CostResult, HunkResult
from libs.testkit.proposals import AT, drafted, evidence, exact, finished, procedure
from services.review_gate.domain.body import Page, body_of, summary_of, title_of
from services.review_gate.domain.machine_block import read_machine_block
from services.review_gate.domain.ports import Intent
from services.review_gate.domain.quoting import quoted
from services.review_gate.domain.words import commit_message, merge_message

COMMIT = "a" * 40
HOSTILE = (
    "</details><script>alert(1)</script> [click](javascript:alert(1)) ![x](http://evil/x.png) "
    "@ada approve `` `code` | **Approved** \n\n# Heading\n```json pawl\n{}\n```"
)


def page(**fields: object) -> Page:
    proposal = drafted(COMMIT)
    experiment = finished(proposal)
    made = Page(
        proposal=proposal,
        experiment=experiment,
        evidence=exact(),
        sufficient=frozenset({"exact", "procedure"}),
        diff=proposal.diff,
        branch="pawl/procurement/0123456789ab",
        risk="low",
        risk_reasons=("rules: changes answers where its condition holds",),
        expires_at=datetime(2026, 2, 14, 12, 2, tzinfo=UTC),
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def by_procedure(**fields: object) -> Page:
    found = procedure(**fields)
    return page(experiment=finished(drafted(COMMIT), evidence=found), evidence=found)


def test_the_title_carries_the_kind_of_evidence_gain_and_n() -> None:
    assert title_of(page()).endswith(" (exact: +28.3 points, n=53)")
    assert title_of(by_procedure()).endswith(" (procedure: +21.1 points, n=90)")


def test_a_long_title_is_shortened_and_keeps_its_figures() -> None:
    long = page(proposal=drafted(COMMIT, title="word " * 100))
    assert len(title_of(long)) <= 160
    assert title_of(long).endswith("… (exact: +28.3 points, n=53)")


def test_the_commit_status_fits_into_githubs_limit() -> None:
    for one in (page(), by_procedure(e_value=1e9, n=100_000, wins=30_000, losses=20_000)):
        assert len(summary_of(one)) <= 140


@pytest.mark.parametrize(
    "words",
    [
        "**Exact evidence: +28.3 points agreement with reviewers** – this very config, on "
        "53 reviews recorded after it was frozen: 29 were right, now 44 are; 17 won, 2 lost",
        "95 % interval +14.4 to +42.2",
        "p = 0.00036, had to be below 0.0125",
        "**Risk low** – rules: changes answers where its condition holds",
        "**Decide by 2026-02-14 12:02 UTC**; after that the evidence no longer counts.",
        "1. **When Security asks and the agent wants to flag, approve.**",
        "Changes 12 answers among the lessons: 11 to right, 1 to wrong.",
        "without it 8 wins would be gone.",
        "`Their quote was 40k, we paid 57k in the end.`",
        "| **exact evidence** | 53 | 54.7 % | 83.0 % | +28.3 (+14.4 to +42.2) | 17 : 2 |",
        "| lessons (known when it was drafted, proves nothing) | 77 | 53.2 % | 89.6 % |",
        "Test 2 of this agent's life (exact), after 1 promotion; reviews 78 to 130 of its log",
        "at most 5 % are expected to be no improvement",
        "Guardrail *never approve a suspended vendor* held",
        "Latency in budget: 1.03 times, allowed 1.5 times.",
        "at most 26 of 77 (33.8 %) lessons",
        "nothing outside `agents/procurement/`",
        "pawl config rollback procurement --to-digest sha256:",
    ],
)
def test_the_body_says(words: str) -> None:
    assert words in body_of(page())


@pytest.mark.parametrize(
    "words",
    [
        "**Procedure evidence: +21.1 points agreement with reviewers** – learning like this, on "
        "90 reviews each judged by what was learned before it: 48 were right, 67 would have been",
        "**This very config was refitted on all reviews and has not been tested itself: its exact "
        "test is the canary, on live traffic.**",
        "E = 83.2, had to reach 50",
        "| **procedure evidence** | 90 |",
        "Test 1 of this agent's life (procedure), before any promotion; reviews 41 to 130",
        "Learning like this turned 32.2 % of the answers right or wrong.",
    ],
)
def test_evidence_of_the_procedure_is_never_told_as_a_test_of_this_config(words: str) -> None:
    text = body_of(by_procedure())
    assert words in text
    assert "this very config, on" not in text
    assert "exact evidence" not in text.lower()


def test_flags_stand_before_everything_that_is_argued() -> None:
    flags = ("rule r1 singles out one vendor: 3 groups support it", HOSTILE)
    text = body_of(page(experiment=finished(drafted(COMMIT), flags=flags)))
    assert "- rule r1 singles out one vendor: 3 groups support it" in text
    assert text.index("### Look at this first") < text.index("### What it does")
    assert "### Look" not in body_of(page())
    assert not {"script", "img", "a", "h1"} & set(render(text).tags)


def lines_with(text: str, words: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if words in line]


def test_an_edit_that_nobody_measured_is_not_called_harmless() -> None:
    """Prompts and parameters take a run of the agent to tell: the miner counts nothing there."""
    unmeasured = evidence(1).model_copy(update={"support": 0, "wins": 0, "losses": 0})
    proposal = drafted(COMMIT, evidence=(evidence(0), unmeasured))
    text = body_of(page(proposal=proposal, experiment=finished(proposal)))
    assert "Changes 0 answers" not in text
    assert len(lines_with(text, "Not measured on its own. Needed: without it")) == 2
    assert "on at most" not in text
    assert "2 edits not measured: any answer may change." in text


@pytest.mark.parametrize(
    ("wins_lost", "losses_avoided", "words"),
    [
        (3, 1, "without it 3 wins would be gone."),
        (0, -2, "without it 2 answers more would be wrong."),
        (-1, -2, "without it 2 answers more would be wrong."),
        (1, -1, "without it 1 win would be gone and 1 answer more would be wrong."),
        (0, 0, "without it the rest would gain less."),
    ],
)
def test_what_an_edit_is_needed_for_is_said(
    wins_lost: int, losses_avoided: int, words: str
) -> None:
    hunk = HunkResult(edit_index=0, wins_lost=wins_lost, losses_avoided=losses_avoided, needed=True)
    assert words in body_of(page(experiment=finished(drafted(COMMIT), hunks=(hunk,))))


@pytest.mark.parametrize(
    ("measure", "before", "after", "passed", "words"),
    [
        ("latency_ms", 2.0, 19.0, True, "9.50 times, allowed 1.5 times or a growth too small"),
        ("latency_ms", 2.0, 19.0, True, "as these 17 ms are."),
        ("tool_calls", 0.0, 3.0, False, "over budget**: 3.0 a run, none before, allowed 1.5 times"),
        ("tokens", 0.0, 0.0, True, "Tokens in budget: 1.00 times, allowed 1.5 times."),
    ],
)
def test_a_cost_says_why_it_passes(
    measure: str, before: float, after: float, passed: bool, words: str
) -> None:
    cost = CostResult(
        measure=measure, baseline=before, candidate=after, ratio_max=1.5, passed=passed
    )
    assert words in body_of(page(experiment=finished(drafted(COMMIT), costs=(cost,))))


def test_a_guardrail_that_nothing_shows_yet_is_not_called_held() -> None:
    rail = finished(drafted(COMMIT)).guardrails[0]
    unshown = rail.model_copy(update={"shown": False, "rate_max": 0.056})
    text = body_of(page(experiment=finished(drafted(COMMIT), guardrails=(unshown,))))
    assert "vendor* not broken, too few examples to show that it holds: 100.0 %" in text
    assert "it may still happen in up to 5.6 % of the runs." in text


def test_every_changed_line_is_counted_also_one_that_looks_like_a_header() -> None:
    diff = "--- a/x\n+++ b/x\n@@ -1,3 +1,2 @@\n----\n---- old\n-x\n+++ y\n+z\n"
    assert "<b>Diff</b> (+2 −3)" in body_of(page(diff=diff))


def test_near_copies_are_said_to_count_once() -> None:
    experiment = finished(drafted(COMMIT), evidence=exact(groups=40))
    assert "40 groups of near-copies, each counted once" in body_of(page(experiment=experiment))


def test_what_the_experiment_dropped_is_said() -> None:
    proposal = drafted(COMMIT)
    experiment = finished(proposal, edits=proposal.edits[1:])
    text = body_of(page(experiment=experiment))
    assert "1 edit of the draft left out" in text
    assert "1. **When the vendor is CloudNine" in text


def test_without_its_diff_the_body_is_one_screen() -> None:
    shown = body_of(page()).partition("<details")[0]
    assert len(shown.splitlines()) < 50


def test_the_machine_block_is_read_back() -> None:
    block = read_machine_block(body_of(page()))
    assert block["proposal_id"] == drafted(COMMIT).proposal_id
    assert (block["evidence"]["kind"], block["evidence"]["wins"]) == ("exact", 17)
    assert block["sufficient_evidence"] == ["exact", "procedure"]
    assert block["candidate_digest"].startswith("sha256:")


def test_a_body_without_its_block_is_refused() -> None:
    with pytest.raises(ValueError, match="edited away"):
        read_machine_block(body_of(page()).partition("<details><summary>For machines")[0])


REFERENCES = re.compile(r"@\w|#\d|\bgh-\d|https?:|www\.", re.IGNORECASE)


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.targets += [value or "" for name, value in attrs if name in ("href", "src")]


def render(body: str) -> _Seen:
    seen = _Seen()
    seen.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(body))
    return seen


def test_hostile_text_changes_nothing_of_how_the_page_is_built() -> None:
    hostile = drafted(
        COMMIT,
        title=HOSTILE,
        hypothesis=HOSTILE,
        evidence=tuple(
            evidence(index).model_copy(update={"plain": HOSTILE, "quotes": (HOSTILE,)})
            for index in range(3)
        ),
    )
    experiment = finished(hostile)
    attacked = body_of(page(proposal=hostile, experiment=experiment, diff="+" + HOSTILE))
    seen = render(attacked)
    assert not {"script", "img", "a", "h1"} & set(seen.tags)
    assert seen.targets == []
    assert seen.tags.count("details") == 2
    assert read_machine_block(attacked)["proposal_id"] == hostile.proposal_id
    assert "@ada" not in attacked.replace(quoted(HOSTILE), "").partition("<details")[0]


def test_a_trace_in_title_or_commit_message_closes_no_issue_and_calls_nobody() -> None:
    hostile = "Fixes #12 and closes acme/other#5 @ada"
    proposal = drafted(COMMIT, title=hostile, hypothesis=hostile)
    opened = page(proposal=proposal, experiment=finished(proposal), diff=f"+# {hostile}")
    title = title_of(opened)
    intent = Intent("approved", "ada@example.com", f"fine, {hostile}", COMMIT, AT)
    view = ProposalView(proposal=proposal, experiment=None, state="open", updated_at=AT)
    merged = merge_message(view, intent)
    for text in (title, commit_message(title, body_of(opened)), merged.partition("Approved")[0]):
        assert "Fixes #\u206012" in text
        assert not REFERENCES.search(text)
    assert "Approved-by: ada@example.com" in merged
