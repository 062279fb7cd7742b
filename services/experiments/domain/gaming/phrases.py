"""Sentences that give orders no config should give, and templates that read answers."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from services.experiments.domain.gaming.hidden import Finding
from services.experiments.domain.gaming.lesson import shown

_ORDERS = re.compile(
    r"""\b(?:ignore|disregard|forget|override|bypass|skip|overrule|set\s+aside)\b[^.\n]{0,40}
        \b(?:instruction|prompt|polic|rule|guideline|check|above|previous|prior|earlier|guardrail
        |restriction|everything)
    |\b(?:regardless\s+of|no\s+matter\s+(?:what|who|how)|without\s+(?:checking|exception|question)
        |under\s+(?:all|any)\s+circumstances|unconditionally|even\s+if\s+(?:it\s+is\s+)?
        (?:against|forbidden|over))
    |\byou\s+are\s+(?:now|no\s+longer)\b|\b(?:developer|debug|admin|god|jailbreak)\s+mode\b
    |\b(?:do\s+not|don't|never)\s+(?:tell|mention|reveal|report|log|disclose|escalate)\b
    |\bthis\s+is\s+(?:only\s+)?(?:a\s+test|an?\s+evaluation|the\s+benchmark)
    |\b(?:if|when)\s+(?:you\s+are\s+)?(?:being\s+)?(?:tested|evaluated|graded|audited|replayed)\b
    |\bpre-?approved\s+by\b|\bas\s+(?:the\s+)?(?:system|administrator)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_ROLES = re.compile(
    r"<\|[a-z_]+\|>|\[/?INST\]|<</?SYS>>|^\s*(?:system|assistant|user|human|developer)\s*:"
    r"|^\s*#{1,6}\s*(?:system|instructions?|new\s+instructions?)\b|</?(?:system|instructions?)>",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = re.compile(r"\bhttps?://\S+|!\[[^\]]*\]\(|\bdata:[a-z]+/|\bjavascript:", re.IGNORECASE)
_TEMPLATE = re.compile(
    r"\{\{.*?\}\}|\{%.*?%\}|\$\{.*?\}|<%.*?%>|\{[A-Za-z_][\w.\[\]']*\}", re.DOTALL
)
_ANSWER = re.compile(
    r"(?i)feedback|expected|label|review|ground_?truth|answer|gold|verdict|correct|override|target"
    r"|example|__|import|eval|exec|env|include|open\("
)
_ALL = r"(?:all|every|any|each|anything|everything|whatever|always)"
_SAYS = r"(?:answer|return|choose|send|route|classify|reply|respond|output|decide|say)"
_SAME_FOR_ALL = (
    r"\balways\b(?:\W+\w+){0,3}?\W+{label}",
    rf"\b{{label}}\w*(?:\W+\w+){{0,2}}?\W+{_ALL}\b",
    rf"\b{_SAYS}\b.*\b{{label}}.*\b{_ALL}\b",
    rf"\b{_ALL}\b.*\b(?:must|should|shall|are|is|to|gets?)\W+(?:be\W+)?{{label}}",
)
_ONLY = re.compile(
    r"(?i)\b(?:if|when|whenever|unless|where|under|over|above|below|from|of\s+the|within|than|up\s+to"
    r"|at\s+least|at\s+most|until|except|but|for\s+(?!all|any|every)|that|whose|which|with|without"
    r"|before|after|once)\b|\d|:"
)
_SIMILAR = str.maketrans("аеорсухіјѕԁһοαАЕОРСУХІТМНКВ", "aeopcyxijsdhoaAEOPCYXITMHKB")


def orders_in(sentence: str, labels: Sequence[str]) -> Iterator[Finding]:
    """Findings in one sentence that is added; look-alike letters are read as what they show."""
    plain = unicodedata.normalize("NFKC", sentence).translate(_SIMILAR)
    plain = "".join(one for one in plain if unicodedata.category(one) != "Cf")
    if found := _ORDERS.search(plain):
        yield (
            "injection",
            f"gives an order past the policy ({shown(found.group(), 40)}): take it out",
        )
    elif _ROLES.search(plain):
        yield "injection", "speaks as another role of the conversation: take it out"
    elif _unconditional(plain, labels):
        yield "injection", "answers the same whatever the case: say when it applies"
    if _ADDRESS.search(plain):
        yield "address", "names an address that data could be sent to: take it out"
    for template in _TEMPLATE.findall(plain):
        if _ANSWER.search(template):
            yield "template", f"{shown(template, 40)} reads what people say afterwards: take it out"
            return


def _unconditional(sentence: str, labels: Sequence[str]) -> bool:
    if _ONLY.search(sentence):
        return False
    named = [re.escape(_stem(label)) for label in labels if len(label) > 2]
    return any(
        re.search(form.replace("{label}", label), sentence, re.IGNORECASE)
        for label in named
        for form in _SAME_FOR_ALL
    )


def _stem(label: str) -> str:
    """`approve` is also said as `approved` or `approving`."""
    low = str(label).casefold()
    return low.removesuffix("e") if len(low) > 4 else low
