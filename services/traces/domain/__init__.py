"""Pure parts of the trace store: the span model, normalisation, completion, queries."""
