"""Patterns known by name. Each runs in time linear in the text, whatever the text is."""

import re
from collections.abc import Callable

CARD_DIGITS = re.compile(r"\d(?<!\d\d)(?<!\d[ -]\d)(?:[ -]?\d){12,18}(?![ -]?\d)")
EMAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,8}[A-Za-z]{2,24}\b"
)
SECRET = re.compile(
    r"\b(?:"
    r"(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,200}"  # OpenAI, Anthropic, Stripe
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"  # AWS
    r"|gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{30,255}"
    r"|glpat-[A-Za-z0-9_-]{20,64}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,255}"  # Slack
    r"|AIza[A-Za-z0-9_-]{35}"  # Google
    r"|hf_[A-Za-z0-9]{30,64}"
    r"|pawl_[A-Za-z0-9_-]{40,64}"
    r"|eyJ[A-Za-z0-9_-]{10,4000}\.eyJ[A-Za-z0-9_-]{10,8000}\.[A-Za-z0-9_-]{10,2000}"  # JWT
    r"|(?:[Bb]earer|BEARER)\s{1,4}[A-Za-z0-9._~+/-]{16,4000}=*"
    r")"
    r"|-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]{0,20000}(?:-----END [A-Z ]{0,40}KEY-----)?"
)
SECRET_HINTS = (
    *("sk-", "sk_", "pk-", "pk_", "rk-", "rk_", "AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_"),
    *("ghr_", "github_pat_", "glpat-", "xox", "AIza", "hf_", "pawl_", "eyJ", "earer", "BEARER"),
    "PRIVATE KEY",
)
"""One of these stands in whatever `SECRET` matches; looking for them is far cheaper."""
_CARD_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|[68]\d)\d{11}"  # Diners
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12}"  # Discover
    r"|35(?:2[89]|[3-8]\d)\d{12}"  # JCB
    r"|62\d{14,17}"  # UnionPay
)

Substitute = Callable[[str, str], str]
"""Text and replacement in, edited text out."""


def emails(text: str, replacement: str) -> str:
    """Replace e-mail addresses."""
    return EMAIL.sub(lambda _: replacement, text) if "@" in text else text


def cards(text: str, replacement: str) -> str:
    """Replace payment card numbers: an issuer's prefix and length, and a right check digit."""

    def judge(match: re.Match[str]) -> str:
        digits = match.group().replace(" ", "").replace("-", "")
        is_card = _CARD_ISSUERS.fullmatch(digits) is not None and passes_luhn(digits)
        return replacement if is_card else match.group()

    return CARD_DIGITS.sub(judge, text)


def secrets(text: str, replacement: str) -> str:
    """Replace API keys, tokens and private keys of well-known forms."""
    if not any(hint in text for hint in SECRET_HINTS):
        return text
    return SECRET.sub(lambda _: replacement, text)


def passes_luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


BUILTINS: dict[str, Substitute] = {"email": emails, "card": cards, "secret": secrets}
