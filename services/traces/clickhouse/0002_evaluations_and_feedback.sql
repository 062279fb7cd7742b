-- Natural ids: the same result recorded twice is one row.
CREATE TABLE IF NOT EXISTS evaluations $on_cluster
(
    project LowCardinality(String),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    evaluation_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    agent LowCardinality(String),
    target LowCardinality(String),
    evaluator LowCardinality(String),
    evaluator_version LowCardinality(String),
    kind LowCardinality(String),
    status LowCardinality(String),
    label Nullable(String) CODEC(ZSTD(1)),
    score Nullable(Float64),
    passed Nullable(Bool),
    explanation String CODEC(ZSTD(1)),
    evidence String CODEC(ZSTD(1)),
    config_digest LowCardinality(String),
    trace_revision UInt32,
    evaluated_at DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
    version UInt64 CODEC(ZSTD(1)),
    expires_at Date CODEC(ZSTD(1)),
    INDEX evaluation_id_bloom evaluation_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ${replicated}ReplacingMergeTree(version)
PARTITION BY toStartOfMonth(evaluated_at)
ORDER BY (project, trace_id, evaluation_id)
TTL expires_at
SETTINGS $durability;

CREATE TABLE IF NOT EXISTS feedback $on_cluster
(
    project LowCardinality(String),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    feedback_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    agent LowCardinality(String),
    kind LowCardinality(String),
    author String CODEC(ZSTD(1)),
    expected String CODEC(ZSTD(1)),
    score Nullable(Float64),
    reason String CODEC(ZSTD(1)),
    precedent String CODEC(ZSTD(1)),
    conditions Array(String) CODEC(ZSTD(1)),
    example_key String CODEC(ZSTD(1)),
    recorded_at DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
    version UInt64 CODEC(ZSTD(1))
)
ENGINE = ${replicated}ReplacingMergeTree(version)
PARTITION BY toStartOfMonth(recorded_at)
ORDER BY (project, trace_id, feedback_id)
SETTINGS $durability;

-- What was published of a trace, kept after the working table has forgotten it: a span that comes
-- a week late still gets the next revision.
CREATE TABLE IF NOT EXISTS completions $on_cluster
(
    project LowCardinality(String),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    revision UInt32,
    fingerprint String CODEC(ZSTD(1)),
    completed_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    expires_at Date CODEC(ZSTD(1))
)
ENGINE = ${replicated}ReplacingMergeTree(revision)
PARTITION BY toStartOfMonth(completed_at)
ORDER BY (project, trace_id)
TTL expires_at
SETTINGS $durability;
