-- Log records that tell of a span (OTLP logs), joined to it when it is read: either may come first.
-- `span_id` is zero when the record names a trace only; the events then belong to the root.
CREATE TABLE IF NOT EXISTS span_events $on_cluster
(
    project LowCardinality(String),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    span_id FixedString(8) CODEC(LZ4),
    event_id FixedString(8) CODEC(NONE),
    events String CODEC(ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    version UInt64 CODEC(ZSTD(1)),
    expires_at Date CODEC(ZSTD(1))
)
ENGINE = ${replicated}ReplacingMergeTree(version)
PARTITION BY toDate(received_at)
ORDER BY (project, trace_id, span_id, event_id)
TTL expires_at
SETTINGS $durability;
