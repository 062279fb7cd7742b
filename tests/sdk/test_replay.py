"""Replay runs the agent on a candidate config, in order, bounded, untraced."""

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from pawl_sdk.config import ConfigClient, Snapshot
from pawl_sdk.replay import ReplayApp, serve_replay
from pawl_sdk.tracing import agent_run
from pawl_sdk.tracing.setup import setup_tracing

from libs.testkit.registry import FakeRegistry, bundle_of

NO_TOKEN_URL = "http://agent.test/replay"


@pytest.fixture
def registry() -> FakeRegistry:
    fake = FakeRegistry()
    fake.move(fake.release(bundle_of(1)), 1)
    return fake


@pytest.fixture
def config(registry: FakeRegistry) -> Iterator[ConfigClient]:
    client = ConfigClient(
        agent="buyer", transport=registry.transport(), state_dir=None, retry_seconds=0.01
    )
    with client:
        yield client
        registry.cut_streams()


async def post(app: ReplayApp, body: Any, path: str = "/replay") -> httpx.Response:
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://agent.test") as client:
        return await client.post(path, json=body)


def answer(snapshot: Snapshot, given: Any) -> Any:
    with agent_run("buyer", given) as run:
        run.facts({"request": given})
        run.count(tokens=3, tool_calls=1)
        run.count(tool_calls=1)
        return {"over": given["n"] > snapshot.parameters["threshold"]}


async def test_inputs_run_on_the_candidate_and_answers_keep_their_order(
    config: ConfigClient,
) -> None:
    candidate = bundle_of(5)
    body = {"bundle": candidate.document(), "inputs": [{"n": n} for n in range(10)]}
    response = (await post(ReplayApp(config, answer), body)).json()
    assert response["digest"] == candidate.digest
    assert [r["output"]["over"] for r in response["results"]] == [n > 5 for n in range(10)]
    first = response["results"][0]
    assert (first["tokens"], first["tool_calls"], first["error"]) == (3, 2, None)
    assert first["facts"] == {"request": {"n": 0}}
    assert config.snapshot.parameters["threshold"] == 1


async def test_without_a_bundle_the_served_config_runs(config: ConfigClient) -> None:
    response = (await post(ReplayApp(config, answer), {"inputs": [{"n": 2}]})).json()
    assert response["digest"] == config.snapshot.digest
    assert response["results"][0]["output"] == {"over": True}


async def test_a_released_digest_is_fetched_and_verified(
    config: ConfigClient, registry: FakeRegistry
) -> None:
    digest = registry.release(bundle_of(7))
    body = {"digest": digest, "inputs": [{"n": 7}, {"n": 8}]}
    results = (await post(ReplayApp(config, answer), body)).json()["results"]
    assert [r["output"]["over"] for r in results] == [False, True]
    registry.bundles[digest] = registry.bundles[digest].replace(b"7", b"6")
    refused = await post(ReplayApp(config, answer), body)
    assert refused.status_code == 400
    assert "hash to" in refused.json()["detail"]


async def test_a_failing_run_is_an_error_of_its_line_only(config: ConfigClient) -> None:
    def fragile(snapshot: Snapshot, given: Any) -> Any:
        if given == "object":
            return object()
        return {"one": 1 / given}

    body = {"inputs": [1, 0, "object", 2]}
    results = (await post(ReplayApp(config, fragile), body)).json()["results"]
    assert [r["output"] for r in results] == [{"one": 1.0}, None, None, {"one": 0.5}]
    assert results[1]["error"].startswith("ZeroDivisionError")
    assert "JSON" in results[2]["error"]


async def test_a_run_that_hangs_is_reported_at_its_deadline(config: ConfigClient) -> None:
    release = threading.Event()

    def slow(snapshot: Snapshot, given: Any) -> Any:
        if given == "hang":
            release.wait(10)
        return {"given": given}

    app = ReplayApp(config, slow, concurrency=2, timeout_seconds=0.2)
    started = time.monotonic()
    results = (await post(app, {"inputs": ["hang", "a", "b"]})).json()["results"]
    release.set()
    assert time.monotonic() - started < 5
    assert results[0]["error"] == "no answer within 0.2 s"
    assert [r["output"] for r in results[1:]] == [{"given": "a"}, {"given": "b"}]


async def test_a_slow_run_costs_its_neighbours_no_answer(config: ConfigClient) -> None:
    def slow(snapshot: Snapshot, given: float) -> Any:
        time.sleep(given)
        return {"daemon": threading.current_thread().daemon}

    app = ReplayApp(config, slow, concurrency=1, timeout_seconds=0.3)
    results = (await post(app, {"inputs": [0.5, 0, 0]})).json()["results"]
    assert [r["error"] for r in results] == ["no answer within 0.3 s", None, None]
    assert results[1]["output"] == {"daemon": True}  # a run that hangs may not hold up the exit
    assert results[1]["latency_ms"] < 300


async def test_where_hung_runs_hold_every_turn_the_request_is_sent_elsewhere(
    config: ConfigClient,
) -> None:
    release = threading.Event()
    app = ReplayApp(
        config, lambda snapshot, given: release.wait(10), concurrency=1, timeout_seconds=0.1
    )
    hung = await post(app, {"inputs": ["hang"]})
    refused = await post(app, {"inputs": [1]})
    release.set()
    assert hung.json()["results"][0]["error"] == "no answer within 0.1 s"
    assert refused.status_code == 503
    assert "no turn within 0.1 s" in refused.json()["detail"]


async def test_an_async_agent_may_stand_in_a_plain_function(config: ConfigClient) -> None:
    loop = asyncio.get_running_loop()

    async def decide(snapshot: Snapshot, given: Any) -> Any:
        if given == "hang":
            await asyncio.sleep(60)
        return {"here": asyncio.get_running_loop() is loop, "seen": config.snapshot.digest}

    def run(snapshot: Snapshot, given: Any) -> Any:
        return decide(snapshot, given)

    candidate = bundle_of(3)
    app = ReplayApp(config, run, concurrency=1, timeout_seconds=0.3)
    body = {"bundle": candidate.document(), "inputs": ["hang", 1]}
    results = (await post(app, body)).json()["results"]
    assert results[0]["error"] == "no answer within 0.3 s"
    assert results[1]["output"] == {"here": True, "seen": candidate.digest}


async def test_an_agent_that_gives_up_ends_its_own_run_only(config: ConfigClient) -> None:
    def leave(snapshot: Snapshot, given: Any) -> Any:
        raise given_up[given]

    given_up = [SystemExit(1), StopIteration(), TimeoutError("tool")]
    results = (await post(ReplayApp(config, leave), {"inputs": [0, 1, 2]})).json()["results"]
    assert [r["error"] for r in results] == [
        "SystemExit: 1",
        "StopIteration: ",
        "TimeoutError: tool",
    ]


async def test_no_more_than_concurrency_runs_at_once_also_for_async_agents(
    config: ConfigClient,
) -> None:
    running, most = 0, 0

    async def counted(snapshot: Snapshot, given: Any) -> Any:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return {"digest": snapshot.digest, "seen": config.snapshot.digest}

    candidate = bundle_of(3)
    body = {"bundle": candidate.document(), "inputs": list(range(12))}
    results = (await post(ReplayApp(config, counted, concurrency=3), body)).json()["results"]
    assert most == 3
    assert {r["output"]["seen"] for r in results} == {candidate.digest}


@pytest.mark.parametrize("sampler", ["parentbased_always_on", "always_on", "traceidratio"])
async def test_a_replay_leaves_no_trace(
    config: ConfigClient, monkeypatch: pytest.MonkeyPatch, sampler: str
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", sampler)
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "1.0")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.1")  # nobody listens there
    exporter = InMemorySpanExporter()
    provider = setup_tracing("shop", "http://127.0.0.1:1", make_global=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("t")

    def traced(snapshot: Snapshot, given: Any) -> Any:
        with agent_run("buyer", given, tracer=tracer) as run, tracer.start_as_current_span("tool"):
            return {"trace": run.trace_id}

    with config.run("k") as snapshot:
        traced(snapshot, {})
    assert len(exporter.get_finished_spans()) == 2
    answers = (await post(ReplayApp(config, traced), {"inputs": [1, 2, 3]})).json()["results"]
    assert [r["output"] for r in answers] == [{"trace": None}] * 3
    assert len(exporter.get_finished_spans()) == 2
    provider.shutdown()


async def test_a_replay_opens_no_span_of_a_provider_that_samples_all(config: ConfigClient) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler=ALWAYS_ON)
    provider.add_span_processor(SimpleSpanProcessor(exporter))

    def traced(snapshot: Snapshot, given: Any) -> Any:
        with agent_run("buyer", given, tracer=provider.get_tracer("t")):
            return {}

    await post(ReplayApp(config, traced), {"inputs": [1]})
    assert exporter.get_finished_spans() == ()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "inputs"),
        ({"inputs": 1}, "inputs"),
        ({"inputs": [], "bundle": {"schema": 9}}, "expected schema 1"),
        ({"inputs": [], "bundle": bundle_of(1).document(), "digest": "sha256:0"}, "sha256:0"),
    ],
)
async def test_a_bad_request_is_refused_with_words(
    config: ConfigClient, body: Any, words: str
) -> None:
    response = await post(ReplayApp(config, answer), body)
    assert response.status_code == 400
    assert words in response.json()["detail"]


def test_the_logs_of_the_agents_own_server_stay_as_they_are(config: ConfigClient) -> None:
    loggers = [logging.getLogger(name) for name in ("uvicorn", "uvicorn.access", "uvicorn.error")]

    def state() -> list[Any]:
        return [(one.level, one.propagate, list(one.handlers)) for one in loggers]

    handler = logging.NullHandler()
    loggers[1].addHandler(handler)
    loggers[1].setLevel(logging.INFO)
    before = state()
    try:
        serve_replay(config, answer).stop()
        assert state() == before
    finally:
        loggers[1].setLevel(logging.NOTSET)
        loggers[1].removeHandler(handler)


def test_the_server_announces_where_it_replays(
    config: ConfigClient, registry: FakeRegistry
) -> None:
    server = serve_replay(config, answer)
    try:
        until = time.monotonic() + 10
        while not (urls := [r["replay_url"] for r in registry.reports if r["replay_url"]]):
            assert time.monotonic() < until
            time.sleep(0.01)
        response = httpx.post(urls[-1], json={"inputs": [{"n": 9}]})
        assert response.json()["results"][0]["output"] == {"over": True}
        elsewhere = urls[-1].rpartition("/")[0] + "/guess"
        assert httpx.post(elsewhere, json={"inputs": []}).status_code == 404
    finally:
        server.stop()
