"""What the rules name never reaches the log, wherever in a span it stands."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from libs.runtime.errors import StartupError
from libs.testkit.otlp import export_request, span_of
from services.ingest.adapters.redaction_file import RedactionFile
from services.ingest.domain.redaction import RedactionRules, Redactor
from services.ingest.domain.redaction.builtins import cards, emails, passes_luhn, secrets

if TYPE_CHECKING:
    from tests.services.ingest.conftest import Open


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("write to a.b+c@mail.example.co.uk.", "write to [x]."),
        ("<Ann@example.com>,bob@example.org", "<[x]>,[x]"),
        ("no@host and @ann and 5@", "no@host and @ann and 5@"),
    ],
)
def test_email_addresses_are_found(text: str, after: str) -> None:
    assert emails(text, "[x]") == after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("pay 4111 1111 1111 1111 now", "pay [x] now"),
        ("5555-5555-5555-4444", "[x]"),
        ('"card":378282246310005}', '"card":[x]}'),
        ("4111 1111 1111 1112", "4111 1111 1111 1112"),  # wrong check digit
        ("1790000000000000007", "1790000000000000007"),  # nanoseconds are no card
        ("41111111111111111111111", "41111111111111111111111"),
    ],
)
def test_card_numbers_are_found_and_other_numbers_left(text: str, after: str) -> None:
    assert cards(text, "[x]") == after


def test_the_check_digit_is_that_of_the_standard() -> None:
    assert [n for n in range(10) if passes_luhn(f"7992739871{n}")] == [3]


@pytest.mark.parametrize(
    "secret",
    [
        "sk-" + "proj-" + "a1B2" * 8,
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "ghp_" + "a" * 36,
        "pawl_" + "b" * 43,
        "eyJ" + "hbGciOiJIUzI1" + "." + "eyJ" + "zdWIiOiIxMjM0" + "." + "c2lnbmF0dXJl",
        "Bearer " + "abcdefghij0123456789==",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_secrets_of_known_forms_are_found(secret: str) -> None:
    assert secrets(f"use {secret} here", "[x]") == "use [x] here"


def test_plain_words_are_no_secrets() -> None:
    text = "the bearer of a task-list asked; disk-space and risk-assessment-of-long-words"
    assert secrets(text, "[x]") == text


HOSTILE = ["a", "a@", "1", "1-", "a.a@a.", "sk-", "bearer ", "eyJ", "-----BEGIN ", "4111 ", "@"]


@pytest.mark.parametrize("unit", HOSTILE)
def test_no_text_makes_a_builtin_slow(unit: str) -> None:
    text = unit * (500_000 // len(unit))
    before = time.process_time()
    for builtin in (emails, cards, secrets):
        builtin(text, "[x]")
    assert time.process_time() - before < 2.0


def redacted(rules: dict[str, Any]) -> Any:
    span = span_of(
        1, 1, input__value="from EMP-123456", user__email="a@b.example", http__header__cookie="c=1"
    )
    span.name = "for EMP-123456"
    span.status.message = "EMP-123456 failed"
    event = span.events.add(name="e")
    event.attributes.add(key="m").value.string_value = "EMP-123456"
    inner = span.attributes.add(key="deep").value.kvlist_value.values.add(key="user.email")
    inner.value.string_value = "c@d.example"
    listed = span.attributes.add(key="list").value.array_value.values.add()
    listed.string_value = "EMP-123456"
    request = export_request(
        span, host__name="EMP-123456", openinference__project__name="EMP-123456"
    )
    assert Redactor(RedactionRules.model_validate(rules))(request)
    return request.resource_spans[0]


def test_a_pattern_is_replaced_in_every_text_but_the_project() -> None:
    group = redacted({"patterns": [{"name": "staff", "pattern": r"EMP-\d{6}"}]})
    text = str(group)
    assert text.count("EMP-123456") == 1
    assert text.count("[staff]") == 6
    resource = {a.key: a.value.string_value for a in group.resource.attributes}
    assert resource["openinference.project.name"] == "EMP-123456"


def test_attributes_are_masked_removed_or_hashed_by_name() -> None:
    rules = {
        "attributes": [
            {"name": "user.email", "action": "hash"},
            {"name": "http.header.*", "action": "remove"},
            {"name": "list"},
        ],
        "hash_salt": "pepper",
    }
    span = redacted(rules).scope_spans[0].spans[0]
    values = {a.key: a.value for a in span.attributes}
    assert "http.header.cookie" not in values
    assert values["list"].string_value == "[redacted]"
    hashed = values["user.email"].string_value
    assert len(hashed) == 16
    assert values["deep"].kvlist_value.values[0].value.string_value not in ("c@d.example", hashed)
    again = redacted(rules).scope_spans[0].spans[0]
    assert {a.key: a.value for a in again.attributes}["user.email"].string_value == hashed


def test_a_pattern_that_takes_too_long_loses_the_value_not_the_secret() -> None:
    rules = RedactionRules.model_validate({"patterns": [{"name": "slow", "pattern": r"(a|aa)+$"}]})
    request = export_request(span_of(1, 1, text="a" * 60 + "!"))
    assert Redactor(rules)(request)
    span = request.resource_spans[0].scope_spans[0].spans[0]
    assert span.attributes[0].value.string_value == "[slow: took too long]"


async def test_the_log_never_holds_what_the_file_names(open_door: "Open", tmp_path: Path) -> None:
    path = tmp_path / "redaction.yaml"
    path.write_text(yaml.safe_dump({"builtins": ["email"]}), encoding="utf-8")
    async with open_door(redaction_file=path) as door:
        body = export_request(span_of(1, 1, q="ask ann@example.com"), span_of(2, 1, q="none"))
        answer = await door.client.post(
            "/v1/traces",
            content=body.SerializeToString(),
            headers={"content-type": "application/x-protobuf"},
        )
        assert answer.status_code == 200
        texts = sorted(span.attributes[0].value.string_value for span in await door.spans())
        assert texts == ["ask [email]", "none"]


async def test_changed_rules_are_in_force_without_a_restart_and_broken_ones_never(
    tmp_path: Path,
) -> None:
    now, path = 0.0, tmp_path / "redaction.yaml"
    path.write_text("builtins: []", encoding="utf-8")
    rules = RedactionFile(path, lambda: now)
    assert rules.current() is None
    for text in ("builtins: [email]", "builtins: [phone]", None):
        if text is None:
            path.unlink()
        else:
            path.write_text(text + " " * int(now), encoding="utf-8")
        now += 2.0
        redactor = rules.current()
        assert redactor is not None
        request = export_request(span_of(1, 1, q="ask ann@example.com"))
        assert redactor(request)
        said = request.resource_spans[0].scope_spans[0].spans[0].attributes[0]
        assert said.value.string_value == "ask [email]"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("builtins: [phone]", "builtins.0"),
        ("patterns: [{name: a, pattern: '('}]", "no regular expression"),
        ("attributes: [{name: a, action: hash}]", "hash_salt"),
        ("rules: []", "rules"),
        (": :", "cannot be read"),
    ],
)
async def test_a_door_that_cannot_redact_does_not_open(
    open_door: "Open", tmp_path: Path, text: str, named: str
) -> None:
    path = tmp_path / "redaction.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StartupError, match=named):
        async with open_door(redaction_file=path):
            pass
