"""Walks a request: envelope first, then each family that wrote the span, then what all share."""

from libs.contracts import attributes as pawl
from services.traces.domain.normalise import (
    carriers,
    genai,
    langfuse,
    logfire,
    mlflow,
    openinference,
    traceloop,
    vercel,
)
from services.traces.domain.normalise.envelope import Envelopes
from services.traces.domain.normalise.fields import fill_texts, flag
from services.traces.domain.normalise.lenient import decode
from services.traces.domain.normalise.shapes import Shape, Shapes
from services.traces.domain.normalise.values import Attributes
from services.traces.domain.prices import PriceTable
from services.traces.domain.span import SpanRow

FAMILIES = (
    openinference.FAMILY,
    vercel.FAMILY,
    langfuse.FAMILY,
    mlflow.FAMILY,
    logfire.FAMILY,
    traceloop.FAMILY,
    genai.FAMILY,
)
"""Most specific first: what an earlier one has set, a later one leaves."""

OWN = (("agent", (pawl.AGENT,)), ("config_digest", (pawl.CONFIG_DIGEST,)))
"""Columns that Pawl's SDK fills, whatever else wrote the span."""
SHARED = (
    ("agent", ("agent.name",)),
    ("session_id", ("session.id",)),
    ("user_id", ("user.id", "enduser.id")),
)
"""Columns that any span may fill, when no family did."""


class Normaliser:
    """Remembers attributes, resources and shapes it has seen. Not for two threads at once."""

    def __init__(self) -> None:
        self._envelopes = Envelopes(Attributes())
        self._shapes = Shapes(FAMILIES, OWN, SHARED)

    def held(self) -> dict[str, int]:
        """How much is remembered, each bounded."""
        return {"shapes": len(self._shapes), **self._envelopes.held()}

    def rows(self, value: bytes, prices: PriceTable | None = None) -> list[SpanRow]:
        """One row a span, in order; raise ValueError when the bytes are no request."""
        prices = prices or PriceTable.shipped()
        envelope, shapes = self._envelopes.row, self._shapes
        rows: list[SpanRow] = []
        events: list[SpanRow] = []
        for group in decode(value).resource_spans:
            for scoped in group.scope_spans:
                origin = self._envelopes.origin(group.resource, scoped.scope)
                for span in scoped.spans:
                    row = envelope(span, origin)
                    if carriers.is_carrier(row):
                        carriers.make_carrier(row)
                        events.append(row)
                    else:
                        interpret(row, shapes[tuple(row.attributes)], prices)
                    rows.append(row)
        if events:
            carriers.join_present(rows, events)
        return rows


def interpret(row: SpanRow, shape: Shape, prices: PriceTable) -> None:
    """What the attributes mean."""
    row.family = shape.family
    fill_texts(row, shape.texts)
    for fill in shape.fills:
        try:
            fill(row, shape)
        except Exception:  # a family's defect must cost its part, never the span
            flag(row, fill.__module__.rpartition(".")[2])
    for part in shape.odd:
        flag(row, part)
    if row.cost_usd is None and row.model is not None and _has_tokens(row):
        row.cost_usd = prices.cost(row)


def _has_tokens(row: SpanRow) -> bool:
    return row.tokens_input is not None or row.tokens_output is not None
