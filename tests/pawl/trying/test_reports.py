"""What is said of a played log: true figures, safe text, rules that compile."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pawl_sdk.bundle import RuleSet, compile_bundle

from pawl.trying.plain_text import plain_text
from pawl.trying.run import Outputs

Tried = Callable[..., tuple[int, str, str]]
Write = Callable[..., Path]
HOSTILE = (
    "<script>alert(1)</script>",
    "\x1b[2J\x1b]0;owned\x07",
    "\u202egnp.exe",
    "a\x9b31mb",
    "\"'><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "</style><style>*{display:none}",
)


def rows(hostile: str = "x", n: int = 120) -> str:
    found = [
        {
            "amount": number * 37 % 1000,
            hostile: hostile if number % 2 else "plain",
            "answer": "approve",
            "expected": "reject" if number * 37 % 1000 >= 500 else "approve",
            "reason": f"{hostile} because it is too much",
        }
        for number in range(n)
    ]
    return "\n".join(map(json.dumps, found))


def seen(text: str) -> set[str]:
    return set(re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text))


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_moves_no_cursor_and_runs_in_no_page(
    write: Write, tried: Tried, player: Any, rule: Any, tmp_path: Path, hostile: str
) -> None:
    page, rules = tmp_path / "r.html", tmp_path / "r.yaml"
    path = write(rows(hostile), "x.jsonl")
    code, out, err = tried(
        path,
        outputs=Outputs(html=page, rules=rules),
        played_by=player(rule(answer=hostile)),
    )
    assert code == 0
    assert not seen(out + err)
    tags = Tags()
    tags.feed(page.read_text())
    assert not {tag for tag, _ in tags.found} & {"script", "img", "link", "iframe", "object"}
    assert [tag for tag, _ in tags.found].count("style") == 1
    assert not [1 for _, attrs in tags.found for key in attrs if key in ("src", "href", "onerror")]
    assert not seen(page.read_text())


def test_the_page_loads_nothing_and_has_both_themes(
    write: Write, tried: Tried, tmp_path: Path
) -> None:
    page = tmp_path / "r.html"
    assert tried(write(rows(), "x.jsonl"), outputs=Outputs(html=page))[0] == 0
    text = page.read_text()
    assert "://" not in text
    assert "url(" not in text
    assert "prefers-color-scheme: dark" in text
    assert "default-src 'none'" in text
    assert 'name="viewport"' in text


def test_json_is_one_document_and_nothing_else(
    write: Write, tried: Tried, player: Any, rule: Any
) -> None:
    path = write(rows(), "x.jsonl")
    code, out, err = tried(path, outputs=Outputs(as_json=True), played_by=player(rule()))
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert out.isascii()
    [told] = document["rules"]
    assert told["when"] == "amount >= 100" or "amount" in told["when"]
    assert document["agreement"]["last_half"]["served"]["share"] == 1.0
    assert document["promotions"][0]["kind"] == "procedure"
    assert document["waiting"][0]["further_reviews"] > 0


def test_figures_are_those_of_the_rows(write: Write, tried: Tried, player: Any, rule: Any) -> None:
    path = write(rows(), "x.jsonl")
    wrong = sum(number * 37 % 1000 >= 500 for number in range(120))
    _, out, _ = tried(path, outputs=Outputs(as_json=True), played_by=player(rule(value=500)))
    document = json.loads(out)
    assert document["agreement"]["all"]["recorded"]["right"] == 120 - wrong
    assert sum(one["recorded"]["n"] for one in document["curve"]) == 120
    [told] = document["rules"]
    assert (told["wins"], told["losses"]) == (wrong, 0)
    assert len(told["quotes"]) == 1


def test_an_agent_that_was_always_right_teaches_nothing(write: Write, tried: Tried) -> None:
    lines = "".join(f"{n * 37 % 100},{'ab'[n % 2]},{'ab'[n % 2]}\n" for n in range(50))
    _, out, _ = tried(write("amount,answer,expected\n" + lines))
    assert "agreed with all 50 reviews" in out


def test_what_is_not_proved_is_never_called_proved(
    write: Write, tried: Tried, player: Any, rule: Any, tmp_path: Path
) -> None:
    rules = tmp_path / "r.yaml"
    _, out, _ = tried(
        write(rows(), "x.jsonl"),
        outputs=Outputs(rules=rules),
        played_by=player(rule(), promotes=False),
    )
    assert "Nothing could be proved" in out
    assert "the same, since nothing was promoted" in out
    assert rules.read_text().startswith("# NOT PROVED")
    assert "Not proved: Answer reject" in rules.read_text()


FACTS = st.sampled_from(["amount", "Order Amount", "in", "vendor.name", "x y.z", "draft", "é"])


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    column=FACTS,
    answer=st.text(st.characters(exclude_categories=["C", "Z"]), min_size=2, max_size=9).filter(
        lambda one: one.lower() not in ("nan", "null", "n/a", "approve", "none")
    ),
    op=st.sampled_from(["ge", "lt", "eq"]),
)
def test_the_rules_compile_and_answer_as_they_say(
    write: Write, tried: Tried, player: Any, rule: Any, tmp_path: Path,
    column: str, answer: str, op: str,
) -> None:  # fmt: skip
    found = [
        {column: n * 37 % 1000, "answer": "approve", "expected": answer if n % 2 else "approve"}
        for n in range(60)
    ]
    path, out = write("\n".join(map(json.dumps, found)), "x.jsonl"), tmp_path / "r.yaml"
    probe = player()
    assert tried(path, played_by=probe)[0] == 0
    fact = next(name for name in probe.cases[0].facts if not name.startswith("draft."))
    label = next(one.expected for one in probe.cases if one.expected != "approve")
    outputs = Outputs(rules=out)
    learned = rule(fact=fact, op=op, value=37, answer=label)
    assert tried(path, outputs=outputs, played_by=player(learned))[0] == 0
    text = out.read_text()
    bundle = compile_bundle("a", {"agent.yaml": "name: a\n", "rules.yaml": text})
    [compiled] = bundle.rules
    assert compiled.then == {"answer": label}
    facts: dict[str, Any] = {"draft": {"answer": "approve"}}
    inner = facts
    *parents, last = fact.split(".")
    for parent in parents:
        inner = inner.setdefault(parent, {})
    inner[last] = 37 if op != "lt" else 36
    outcome = RuleSet(bundle.rules).evaluate(facts, compiled.added)
    assert (outcome.answer, outcome.faults) == ({"answer": label}, ())


def test_a_rule_over_the_agents_own_answer_speaks_of_its_field(
    write: Write, tried: Tried, player: Any, rule: Any, tmp_path: Path
) -> None:
    path = write(
        "\n".join(
            json.dumps({"n": n % 7, "agent_decision": n % 2 == 0, "final": n % 3 == 0})
            for n in range(60)
        ),
        "x.jsonl",
    )
    out = tmp_path / "r.yaml"
    own = rule(fact="draft.decision", op="eq", value="true", answer="false")
    _, said, _ = tried(path, outputs=Outputs(rules=out), played_by=player(own))
    assert "draft.decision == true" in out.read_text()
    assert "then: {decision: false}" in out.read_text()
    assert "the agent's own answer is true" in said


def test_nothing_is_written_over_the_file_that_is_read(write: Write, tried: Tried) -> None:
    path = write(rows(), "x.jsonl")
    before = path.read_bytes()
    code, _, err = tried(path, outputs=Outputs(html=path))
    assert (code, path.read_bytes()) == (2, before)
    assert "it is the file that is read" in err


@given(st.text())
def test_plain_text_is_one_line_without_controls(text: str) -> None:
    said = plain_text(text)
    assert not seen(said)
    assert "\n" not in said
    assert plain_text(said) == said
