"""What the API shows, and to whom."""

import asyncio
from pathlib import Path

import pytest

import libs.jobs.sweep
from libs.contracts.events import ConfigReleased
from libs.runtime.keys import KeysFile, new_key, write_keys
from libs.stats.intervals import wilson
from tests.services.datasets.bench import Bench, open_bench
from tests.services.datasets.world import (
    AGENT,
    AGENT_YAML,
    PROJECT,
    START,
    World,
    feedback,
    request,
    trace,
    truth,
)

REQUESTS = range(60)


async def test_examples_come_in_pages_in_the_order_of_the_log(bench: Bench) -> None:
    await bench.learn(REQUESTS)
    seen, after = [], "0"
    while after is not None:
        page = await bench.get("examples", agent=AGENT, after=after, limit=7)
        seen += page["items"]
        after = page["next_cursor"]
    assert [item["position"] for item in seen] == list(range(1, len(REQUESTS) + 1))
    assert len({item["example_key"] for item in seen}) == len(REQUESTS)
    first = seen[0]
    assert (first["expected"], first["answered"]) == (truth(first["input"]), "flag")
    assert first["base"] == "flag"
    assert first["facts"]["request"] == first["input"]
    assert first["review_id"] == f"fb-{first['trace_id']}"
    bounded = await bench.examples(after=10, through=12)
    assert [one.position for one in bounded] == [11, 12]


async def test_agreement_is_counted_with_its_interval_at_the_digest_asked_for(
    bench: Bench,
) -> None:
    await bench.learn(REQUESTS)
    counts = await bench.counts(config_digest=bench.world.served.digest)
    right = sum(truth(request(n)) == "flag" for n in REQUESTS)
    interval = wilson(right, len(REQUESTS))
    assert (counts.n, counts.correct, counts.reviews) == (len(REQUESTS), right, len(REQUESTS))
    assert counts.agreement == right / len(REQUESTS)
    assert (counts.ci_low, counts.ci_high) == (interval.low, interval.high)
    other = await bench.counts(config_digest="sha256:" + "0" * 64)
    assert (other.n, other.agreement, other.ci_low) == (0, None, None)
    assert other.head == counts.head == len(REQUESTS), "the log is one, whatever is counted"


async def test_an_agent_without_reviews_has_none(bench: Bench) -> None:
    counts = await bench.counts()
    assert (counts.n, counts.head, counts.agreement, counts.pending) == (0, 0, None, 0)


async def test_an_example_judged_again_counts_once_by_its_last_review(bench: Bench) -> None:
    """Its earlier review stays what it was, at the place that it had."""
    await bench.learn(REQUESTS)
    before = await bench.examples()
    right = (await bench.counts()).correct
    old = bench.world.served.digest
    digest = bench.world.serve(AGENT_YAML.replace("model: claude", "model: b")).digest
    assert old != digest
    for number in range(10):
        trace_id = f"{number + 40_000:032x}"
        bench.world.run_agent(request(number), trace_id)
        said = feedback(request(number), trace_id, {"decision": "flag"})
        await bench.publish(said)

    async def stored() -> bool:
        return (await bench.counts()).head == len(REQUESTS) + 10

    await bench.until(stored)
    assert (await bench.examples())[: len(before)] == before
    counts = await bench.counts()
    overruled = sum(truth(request(n)) != "flag" for n in range(10))
    assert (counts.n, counts.reviews) == (len(REQUESTS), len(REQUESTS) + 10)
    assert counts.correct == right + overruled
    assert (await bench.counts(config_digest=old)).correct == right, "what was reached stays"
    assert (await bench.counts(config_digest=digest)).n == 10


async def test_feedback_without_a_key_is_named_by_its_input(bench: Bench) -> None:
    for run in (1, 2):
        trace_id = f"{run:032x}"
        bench.world.run_agent(request(5), trace_id)
        await bench.publish(feedback(request(5), trace_id, example_key=None))

    async def stored() -> bool:
        return (await bench.counts()).head == 2

    await bench.until(stored)
    assert (await bench.counts()).n == 1


async def test_feedback_that_can_be_no_example_is_set_aside_with_its_reason(bench: Bench) -> None:
    """It neither waits for ever nor stops what comes after it."""
    world = bench.world
    world.run_agent(request(1), f"{1:032x}")
    world.run_agent(request(2), f"{2:032x}")
    world.traces[f"{3:032x}"] = trace(request(3), None, f"{3:032x}", None).model_copy(
        update={"spans": ()}
    )
    await bench.publish(
        feedback(request(1), f"{1:032x}", "maybe"),
        feedback(request(2), f"{2:032x}", kind="confirmation", expected=None),
        feedback(request(3), f"{3:032x}"),
        feedback(request(4), f"{4:032x}", kind="thumb", expected=None, score=1.0),
        feedback(request(2), f"{2:032x}", feedback_id="odd", agent="Odd\x00 " * 50),
    )
    await bench.handled("feedback-recorded-v1")

    async def settled() -> bool:
        counts = await bench.counts()
        return counts.pending == 1 and counts.n == 1

    await bench.until(settled)  # the confirmed run; the one without a root span still waits
    assert (await bench.counts()).pending_because == ("the root span has not come yet",)


async def test_what_waits_for_a_task_is_tried_at_the_release_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then not every few seconds: there may be very much of it."""
    monkeypatch.setattr(libs.jobs.sweep, "pause_seconds", lambda attempts, seconds_max: seconds_max)
    world = World("name: procurement\nmodel: claude\n")
    async with open_bench(tmp_path, world) as bench:
        world.run_agent(request(1), f"{1:032x}")
        await bench.publish(feedback(request(1), f"{1:032x}"))

        async def told() -> bool:
            return "has no task" in "".join((await bench.counts()).pending_because)

        await bench.until(told)
        digest = world.serve(AGENT_YAML).digest
        await asyncio.sleep(1.0)
        assert (await bench.counts()).pending == 1, "it is tried at once again and again"
        event = ConfigReleased(
            agent=AGENT, sequence=2, digest=digest, commit="b" * 40, approved_by="ada",
            released_at=START,
        )  # fmt: skip
        await bench.publish(event)
        await bench.learnt(1)


async def test_what_waits_is_told_to_its_agent_only(bench: Bench) -> None:
    trace_id = f"{1:032x}"
    ran = trace(request(1), "flag", trace_id, None)
    summary = ran.summary.model_copy(update={"agent": "newcomer"})
    bench.world.traces[trace_id] = ran.model_copy(update={"summary": summary, "spans": ()})
    await bench.publish(feedback(request(1), trace_id, agent=None))

    async def told() -> bool:
        counts = await bench.get("examples/counts", agent="newcomer")
        return bool(counts["pending_because"])

    await bench.until(told)
    assert (await bench.counts()).pending == 0


async def test_keys_see_the_reviews_of_their_projects_and_agents(tmp_path: Path) -> None:
    secrets, entries = {}, []
    for name, project, agents in (
        ("reader", PROJECT, {AGENT}),
        ("neighbour", "other", {AGENT}),
        ("stranger", PROJECT, None),
    ):
        secrets[name], entry = new_key(
            name,
            frozenset({"read"}),
            frozenset({project}),
            agents=frozenset(agents) if agents else None,
        )
        entries.append(entry)
    write_keys(tmp_path / "keys.yaml", KeysFile(keys=tuple(entries)))
    async with open_bench(tmp_path, World(), keys_file=tmp_path / "keys.yaml") as bench:
        await bench.get("examples", expect=401, agent=AGENT)
        bench.http.headers["x-api-key"] = secrets["reader"]
        await bench.learn(range(20))
        assert len(await bench.examples()) == 20
        assert (await bench.counts()).agreement is not None

        bench.http.headers["x-api-key"] = secrets["neighbour"]
        assert await bench.examples() == []
        assert (await bench.counts()).n == 0

        bench.http.headers["x-api-key"] = secrets["stranger"]
        for path in ("examples", "examples/counts"):
            assert AGENT in (await bench.get(path, expect=403, agent=AGENT))["detail"]
