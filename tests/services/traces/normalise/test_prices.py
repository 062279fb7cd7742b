"""Cost: tokens times the price of the model that fits best, cached ones at their own price."""

import pytest

from libs.testkit.otlp import described, export_request, span_of
from services.traces.domain.normalise import normalise
from services.traces.domain.prices import PricesError, PriceTable

TABLE = """
models:
  big: {input: 10, output: 20, cache_read: 1, cache_write: 12,
    long: {above_tokens: 1000, input: 20, output: 40}}
  big-mini: {input: 1, output: 2}
  embed: {input: 0.5}
"""


@pytest.fixture
def table() -> PriceTable:
    return PriceTable.parse(TABLE)


@pytest.mark.parametrize(
    ("model", "input_price"),
    [
        ("big", 10),
        ("BIG", 10),
        ("big-2025-09-29", 10),
        ("big-20250929", 10),
        ("big-latest", 10),
        ("big@20250929", 10),
        ("vendor/big", 10),
        ("us.anthropic.big-20250929-v1:0", 10),
        ("models/big-mini", 1),
        ("big-mini-2025-01-01", 1),
        ("big-ultra", None),
        ("bigger", None),
        ("big-5", None),
        ("", None),
        ("x" * 5000, None),
    ],
)
def test_a_name_stands_for_its_versions_and_for_no_other_model(
    table: PriceTable, model: str, input_price: float | None
) -> None:
    price = table.price(model)
    assert (price.input if price else None) == input_price


def test_each_sort_of_token_has_its_price(table: PriceTable) -> None:
    price = table.price("big")
    assert price is not None
    assert price.cost(1000, 10, 600, 100) == pytest.approx((300 * 10 + 600 + 1200 + 200) / 1e6)
    # over the threshold all tokens cost the long price, cached ones what plain ones cost there
    assert price.cost(1001, 10, 600, 0) == pytest.approx((1001 * 20 + 400) / 1e6)


def test_without_a_price_for_cached_tokens_they_cost_as_input(table: PriceTable) -> None:
    price = table.price("big-mini")
    assert price is not None
    assert price.cost(100, 10, 50, 20) == pytest.approx((100 + 20) / 1e6)


def test_more_cached_than_input_never_gives_money_back(table: PriceTable) -> None:
    price = table.price("big")
    assert price is not None
    assert price.cost(10, 0, 100, 0) == pytest.approx(100 / 1e6)


def test_another_table_replaces_the_shipped_one(table: PriceTable) -> None:
    attributes = {
        "openinference.span.kind": "LLM",
        "llm.model_name": "big",
        "llm.token_count.prompt": 100,
    }
    request = export_request(described(span_of(1, 1), attributes))
    assert normalise(request)[0].cost_usd is None
    assert normalise(request, table)[0].cost_usd == pytest.approx(0.001)


def test_the_shipped_table_knows_the_models_of_every_provider() -> None:
    shipped = PriceTable.shipped()
    for model in (
        "claude-sonnet-4-5-20250929",
        "us.anthropic.claude-opus-4-20250514-v1:0",
        "gpt-4o-mini-2024-07-18",
        "gpt-5",
        "models/gemini-2.5-pro",
        "grok-4-0709",
        "deepseek-chat",
        "text-embedding-3-small",
    ):
        price = shipped.price(model)
        assert price is not None, model
        assert price.cache_read <= price.input


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("models: [", "mine is no YAML"),
        ("prices: {}", "expected `models:` with prices by model name"),
        ("models: {}", "expected `models:` with prices by model name"),
        ("models: {a: 5}", "mine: a: expected {input: ..., output: ...}, came 5"),
        ("models: {a: {output: 5}}", "mine: a: input: expected US dollars for a million tokens"),
        ("models: {a: {input: -1}}", "came -1"),
        ("models: {a: {input: .nan}}", "came nan"),
        ("models: {a: {input: yes}}", "came True"),
        ("models: {a: {input: 1, outptu: 2}}", r"mine: a: \['outptu'\] is no field"),
        ("models: {a: {input: 1, long: {input: 2}}}", "above_tokens: expected a number of tokens"),
    ],
)
def test_a_table_that_cannot_be_used_says_where_and_why(text: str, complaint: str) -> None:
    with pytest.raises(PricesError, match=complaint):
        PriceTable.parse(text, "mine")
