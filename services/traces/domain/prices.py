"""What a model call costs: tokens times price, cached ones at their own price.

The shipped table is `prices.yaml`; whoever runs Pawl may put another in its place.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from services.traces.domain.span import SpanRow

FIELDS = ("input", "output", "cache_read", "cache_write")
REMEMBERED_MAX = 2048
NAME_CHARS_MAX = 200
ROUTE = re.compile(r"^(?:.*/)?(?:[a-z]{2,6}\.)?(?:(?:anthropic|meta|amazon|mistral|cohere)\.)?")
"""`anthropic/...`, `models/...`, `us.anthropic....`: who serves a model, before its name."""
VERSION = re.compile(r"[-@:](?:latest|preview|exp|beta|v\d|\d{2,8})[\w.:-]*")
"""What may follow a name: a date, a preview, a version."""


class PricesError(ValueError):
    """A price table that cannot be used; says where, what was expected and what came."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens; `long` applies above so many input tokens."""

    input: float
    output: float
    cache_read: float
    cache_write: float
    above_tokens: int | None = None
    long: "Price | None" = None

    def cost(self, tokens: int, output: int, read: int, write: int) -> float:
        """US dollars; `tokens` is the whole input, of which `read` and `write` were cached."""
        if self.long is not None and self.above_tokens is not None and tokens > self.above_tokens:
            return self.long.cost(tokens, output, read, write)
        plain = max(0, tokens - read - write)
        millionths = (
            plain * self.input
            + read * self.cache_read
            + write * self.cache_write
            + output * self.output
        )
        return millionths / 1e6


class PriceTable:
    """Prices by model name."""

    def __init__(self, prices: dict[str, Price]) -> None:
        self._prices = prices
        self._found: dict[str, Price | None] = {}

    @classmethod
    def parse(cls, text: str, source: str = "the price table") -> "PriceTable":
        """A table from YAML; raise `PricesError` naming model and field."""
        try:
            table = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise PricesError(f"{source} is no YAML: {error}") from error
        models = table.get("models") if isinstance(table, dict) else None
        if not isinstance(models, dict) or not models:
            raise PricesError(f"{source}: expected `models:` with prices by model name")
        return cls({str(n).lower(): _price(v, f"{source}: {n}") for n, v in models.items()})

    @staticmethod
    @lru_cache(maxsize=1)
    def shipped() -> "PriceTable":
        """The table that comes with Pawl."""
        file = resources.files("services.traces.domain") / "prices.yaml"
        return PriceTable.parse(file.read_text(encoding="utf-8"), "prices.yaml")

    def cost(self, row: SpanRow) -> float | None:
        """US dollars of a model call, or None when its model has no price."""
        price = self.price(row.model) if row.model else None
        if price is None:
            return None
        return price.cost(
            row.tokens_input or 0,
            row.tokens_output or 0,
            row.tokens_cache_read or 0,
            row.tokens_cache_write or 0,
        )

    def price(self, model: str) -> Price | None:
        """The price whose name fits the model best."""
        if len(model) > NAME_CHARS_MAX:
            return None
        if model not in self._found:
            if len(self._found) >= REMEMBERED_MAX:
                self._found.clear()
            self._found[model] = self._search(model)
        return self._found[model]

    def _search(self, model: str) -> Price | None:
        lower = model.lower()
        for name in (lower, ROUTE.sub("", lower, count=1)):
            fits = [known for known in self._prices if _fits(name, known)]
            if fits:
                return self._prices[max(fits, key=len)]
        return None


def _fits(model: str, name: str) -> bool:
    if not model.startswith(name):
        return False
    return len(model) == len(name) or VERSION.fullmatch(model, len(name)) is not None


def _price(found: Any, where: str) -> Price:
    if not isinstance(found, dict):
        raise PricesError(f"{where}: expected {{input: ..., output: ...}}, came {found!r}")
    unknown = found.keys() - {*FIELDS, "long", "above_tokens"}
    if unknown:
        known = ", ".join((*FIELDS, "long"))
        raise PricesError(f"{where}: {sorted(map(str, unknown))} is no field; known are {known}")
    plain = _amount(found, "input", where, None)
    long = found.get("long")
    return Price(
        input=plain,
        output=_amount(found, "output", where, 0.0),
        cache_read=_amount(found, "cache_read", where, plain),
        cache_write=_amount(found, "cache_write", where, plain),
        above_tokens=None if long is None else _threshold(long, f"{where}: long"),
        long=None if long is None else _price(long, f"{where}: long"),
    )


def _amount(found: dict[str, Any], field: str, where: str, default: float | None) -> float:
    value = found.get(field, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e6:
        raise PricesError(
            f"{where}: {field}: expected US dollars for a million tokens, came {value!r}"
        )
    return float(value)


def _threshold(long: Any, where: str) -> int:
    tokens = long.get("above_tokens") if isinstance(long, dict) else None
    if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < 1:
        raise PricesError(f"{where}: above_tokens: expected a number of tokens, came {tokens!r}")
    return tokens
