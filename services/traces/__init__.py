"""Trace store: otlp_spans in, one span model in ClickHouse, query API, completed traces out."""
