-- One row a span. The sorting key is a span's identity, so a span sent again replaces the earlier
-- one (the higher version stays; reads use FINAL until a merge has done it).
-- Partitioned by the day of receipt, not of the span's own clock: a sender with a wrong clock could
-- otherwise scatter one insert over thousands of partitions.
-- Small granules, since reading one trace costs a whole granule of every column. New parts are
-- compact (one file for all columns), since each file of a part is synced to disk.
-- Attributes are kept twice: whole as JSON text, and short ones in a map, from which a filter or an
-- aggregate reads one key without parsing.
CREATE TABLE IF NOT EXISTS spans $on_cluster
(
    project LowCardinality(String),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    span_id FixedString(8) CODEC(NONE),
    parent_span_id FixedString(8) CODEC(LZ4),
    name LowCardinality(String),
    kind LowCardinality(String),
    otel_kind UInt8,
    family LowCardinality(String),
    status Enum8('UNSET' = 0, 'OK' = 1, 'ERROR' = 2),
    status_message String CODEC(ZSTD(1)),
    started_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    ended_at DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    duration_ms Float64 CODEC(ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    agent LowCardinality(String),
    config_digest LowCardinality(String),
    model LowCardinality(String),
    provider LowCardinality(String),
    tool_name LowCardinality(String),
    tokens_input Nullable(UInt64),
    tokens_output Nullable(UInt64),
    tokens_cache_read Nullable(UInt64),
    tokens_cache_write Nullable(UInt64),
    tokens_reasoning Nullable(UInt64),
    cost_usd Nullable(Float64),
    has_input Bool,
    has_output Bool,
    input String CODEC(ZSTD(1)),
    output String CODEC(ZSTD(1)),
    messages_input String CODEC(ZSTD(1)),
    messages_output String CODEC(ZSTD(1)),
    tools String CODEC(ZSTD(1)),
    documents String CODEC(ZSTD(1)),
    attributes String CODEC(ZSTD(1)),
    lifted UInt8,
    attributes_short Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    resource LowCardinality(String) CODEC(ZSTD(1)),
    scope_name LowCardinality(String),
    scope_version LowCardinality(String),
    trace_state String CODEC(ZSTD(1)),
    events String CODEC(ZSTD(1)),
    links String CODEC(ZSTD(1)),
    flags Array(LowCardinality(String)),
    content_hash UInt64 MATERIALIZED cityHash64(
        name, started_at, ended_at, status, status_message, input, output, attributes, events, links
    ) CODEC(NONE),
    version UInt64 CODEC(ZSTD(1)),
    expires_at Date CODEC(ZSTD(1)),
    INDEX started_at_range started_at TYPE minmax GRANULARITY 1,
    INDEX span_id_bloom span_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX session_id_bloom session_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX user_id_bloom user_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ${replicated}ReplacingMergeTree(version)
PARTITION BY toDate(received_at)
ORDER BY (project, trace_id, span_id)
TTL expires_at
SETTINGS index_granularity = 1024, min_bytes_for_wide_part = 134217728, $durability;

-- Which traces had a span starting in which second: lists page through time with it.
CREATE TABLE IF NOT EXISTS traces_by_time $on_cluster
(
    project LowCardinality(String),
    slice DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    expires_at Date CODEC(ZSTD(1))
)
ENGINE = ${replicated}ReplacingMergeTree
PARTITION BY toDate(received_at)
ORDER BY (slice, project, trace_id)
TTL expires_at
SETTINGS $durability;

CREATE MATERIALIZED VIEW IF NOT EXISTS traces_by_time_fill $on_cluster TO traces_by_time AS
SELECT
    project,
    toDateTime(started_at, 'UTC') AS slice,
    trace_id,
    max(received_at) AS received_at,
    max(expires_at) AS expires_at
FROM spans
GROUP BY project, slice, trace_id;

-- Which traces belong to a session.
CREATE TABLE IF NOT EXISTS sessions $on_cluster
(
    project LowCardinality(String),
    session_id String CODEC(ZSTD(1)),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    expires_at Date CODEC(ZSTD(1))
)
ENGINE = ${replicated}ReplacingMergeTree
PARTITION BY toDate(received_at)
ORDER BY (project, session_id, trace_id)
TTL expires_at
SETTINGS $durability;

CREATE MATERIALIZED VIEW IF NOT EXISTS sessions_fill $on_cluster TO sessions AS
SELECT project, session_id, trace_id, max(received_at) AS received_at, max(expires_at) AS expires_at
FROM spans
WHERE session_id != ''
GROUP BY project, session_id, trace_id;
