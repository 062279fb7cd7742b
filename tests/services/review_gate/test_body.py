"""The pull request tells what a person needs, and hostile text in it stays text."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from libs.testkit.proposals import drafted, evidence, finished, paired
from services.review_gate.domain.body import Page, body_of, summary_of, title_of
from services.review_gate.domain.machine_block import read_machine_block
from services.review_gate.domain.quoting import fenced, one_line, prose, quoted

COMMIT = "a" * 40
HOSTILE = (
    "</details><script>alert(1)</script> [click](javascript:alert(1)) ![x](http://evil/x.png) "
    "@ada approve `` `code` | **Approved** \n\n# Heading\n```json pawl\n{}\n```"
)


def page(**fields: object) -> Page:
    proposal = drafted(COMMIT)
    experiment = finished(proposal)
    assert experiment.sealed
    made = Page(
        proposal=proposal,
        experiment=experiment,
        sealed=experiment.sealed,
        diff=proposal.diff,
        branch="pawl/procurement/0123456789ab",
        risk="low",
        risk_reasons=("rules: changes answers where its condition holds",),
        expires_on="2026-02-14",
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def test_the_title_carries_gain_and_n() -> None:
    assert title_of(page()).endswith(" (+28.3 points, n=53)")


def test_a_long_title_is_shortened_and_keeps_its_figures() -> None:
    long = page(proposal=drafted(COMMIT, title="word " * 100))
    assert len(title_of(long)) <= 160
    assert title_of(long).endswith("… (+28.3 points, n=53)")


def test_the_commit_status_fits_into_githubs_limit() -> None:
    assert len(summary_of(page())) <= 140


@pytest.mark.parametrize(
    "words",
    [
        "**+28.3 points agreement with reviewers** on 53 examples",
        "95 % interval +14.4 to +42.2",
        "17 won, 2 lost",
        "**Risk low** – rules: changes answers where its condition holds",
        "**Decide by 2026-02-14**",
        "1. **When Security asks and the agent wants to flag, approve.**",
        "Changes 12 answers among the mined examples: 11 to right, 1 to wrong.",
        "without it 8 wins would be gone (mine and select)",
        "`Their quote was 40k, we paid 57k in the end.`",
        "| **sealed** (the proof) | 53 | 54.7 % | 83.0 % | +28.3 (+14.4 to +42.2) | 17 : 2 |",
        "p = 0.00036, had to be below 0.0125",
        "Test 1 of this sealed set; 0.0125 of its budget of 0.05 is spent",
        "Guardrail *never approve a suspended vendor* held",
        "Latency in budget: 1.03 times, allowed 1.5 times.",
        "at most 26 of 58 (44.8 %) mined examples",
        "nothing outside `agents/procurement/`",
        "pawl config rollback procurement --to-digest sha256:",
    ],
)
def test_the_body_says(words: str) -> None:
    assert words in body_of(page())


def test_near_copies_are_said_to_count_once() -> None:
    sealed = paired(53, 29, 17, 2, 0.00036, 0.139)
    sealed = sealed.model_copy(update={"groups": 40, "group_wins": 12, "group_losses": 1})
    experiment = finished(drafted(COMMIT), sealed=sealed)
    assert "40 groups, 12 won, 1 lost" in body_of(page(experiment=experiment, sealed=sealed))


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
    assert block["sealed"]["wins"] == 17
    assert block["candidate_digest"].startswith("sha256:")


def test_a_body_without_its_block_is_refused() -> None:
    with pytest.raises(ValueError, match="edited away"):
        read_machine_block(body_of(page()).partition("<details><summary>For machines")[0])


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


def test_a_code_span_outlasts_every_backtick_in_it() -> None:
    assert quoted("a `b` ``c``") == "``` a `b` ``c`` ```"
    assert fenced("```\nx", "diff").startswith("````diff\n")


def test_a_long_quote_is_marked_as_cut() -> None:
    assert one_line("word " * 100, 20).endswith("…")


def test_prose_breaks_mentions_and_links() -> None:
    text = prose("@ada see https://evil.example and www.evil.example")
    assert "@ada" not in text
    assert "https://" not in text
    assert "www." not in text
