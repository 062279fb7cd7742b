"""What the API shows, and to whom."""

import asyncio
from pathlib import Path

import pytest

from libs.contracts.events import ConfigReleased
from libs.runtime.keys import KeysFile, new_key, write_keys
from libs.stats.intervals import wilson
from services.experiments.handlers import feedback as desk
from tests.services.experiments.bench import Bench, open_bench
from tests.services.experiments.test_verdicts import memorised
from tests.services.experiments.world import (
    AGENT,
    AGENT_YAML,
    PROJECT,
    REPLAY_URL,
    SECURITY,
    START,
    World,
    feedback,
    proposal,
    request,
    trace,
    truth,
)

REQUESTS = range(60)


async def test_examples_come_in_pages_of_the_mine_split_only(bench: Bench) -> None:
    await bench.learn(REQUESTS)
    counts = {split.split: split.n for split in (await bench.counts()).splits}
    seen, cursor = [], ""
    while cursor is not None:
        page = await bench.get("examples", agent=AGENT, cursor=cursor, limit=7)
        seen += page["items"]
        cursor = page["next_cursor"]
    assert len(seen) == counts["mine"] == len({item["example_key"] for item in seen})
    assert sum(counts.values()) == len(REQUESTS)
    first = seen[0]
    assert first["split"] == "mine"
    assert (first["expected"], first["answered"]) == (truth(first["input"]), "flag")
    assert first["facts"]["request"] == first["input"]


async def test_agreement_is_counted_with_its_interval_at_the_digest_asked_for(
    bench: Bench,
) -> None:
    await bench.learn(REQUESTS)
    digest = bench.world.served.digest
    counts = await bench.counts(config_digest=digest)
    right = sum(truth(request(n)) == "flag" for n in REQUESTS)
    assert sum(split.correct or 0 for split in counts.splits) == right
    for split in counts.splits:
        interval = wilson(split.correct or 0, split.n)
        assert (split.ci_low, split.ci_high) == (interval.low, interval.high)
    other = await bench.counts(config_digest="sha256:" + "0" * 64)
    assert [split.n for split in other.splits] == [0, 0, 0]
    assert [split.agreement for split in other.splits] == [None, None, None]


async def test_the_same_input_in_a_later_run_is_the_same_example(bench: Bench) -> None:
    await bench.learn(REQUESTS)
    await bench.learn(REQUESTS, trace_offset=40_000)
    counts = await bench.counts()
    assert sum(split.n for split in counts.splits) == len(REQUESTS)


async def test_a_later_config_moves_no_example_to_another_split(bench: Bench) -> None:
    """Else a change of `group_by` would show the miner what was sealed."""
    await bench.learn(REQUESTS)
    before = await bench.counts()
    moved = AGENT_YAML.replace("group_by: [id]", "group_by: [amount]")
    digest = bench.world.serve("b" * 40, {"agent.yaml": moved}).digest
    event = ConfigReleased(
        agent=AGENT, sequence=2, digest=digest, commit="b" * 40, approved_by="ada",
        released_at=START,
    )  # fmt: skip
    await bench.publish(event)
    await bench.handled("config-released-v1")
    await bench.learn(REQUESTS, trace_offset=40_000)
    assert await bench.counts() == before


async def test_feedback_without_a_key_is_named_by_its_input(bench: Bench) -> None:
    for run in (1, 2):
        trace_id = f"{run:032x}"
        bench.world.run_agent(request(5), trace_id)
        await bench.publish(feedback(request(5), trace_id, example_key=None))
    await bench.handled("feedback-recorded-v1")

    async def learnt() -> bool:
        counts = await bench.counts()
        return counts.pending == 0 and sum(split.n for split in counts.splits) == 1

    await bench.until(learnt)


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
        return counts.pending == 1 and sum(split.n for split in counts.splits) == 1

    await bench.until(settled)  # the confirmed run; the one without a root span still waits
    assert (await bench.counts()).pending_because == ("the root span has not come yet",)


async def test_what_waits_for_a_task_is_tried_at_the_release_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then not every few seconds: there may be very much of it."""
    monkeypatch.setattr(desk, "wait_seconds", lambda attempts, seconds_max: seconds_max)
    world = World("name: procurement\nmodel: claude\n")
    async with open_bench(tmp_path, world) as bench:
        world.run_agent(request(1), f"{1:032x}")
        await bench.publish(feedback(request(1), f"{1:032x}"))

        async def told() -> bool:
            return "has no task" in "".join((await bench.counts()).pending_because)

        await bench.until(told)
        digest = world.serve("b" * 40, {"agent.yaml": AGENT_YAML}).digest
        await asyncio.sleep(1.0)
        assert (await bench.counts()).pending == 1, "it is tried at once again and again"
        event = ConfigReleased(
            agent=AGENT, sequence=2, digest=digest, commit="b" * 40, approved_by="ada",
            released_at=START,
        )  # fmt: skip
        await bench.publish(event)

        async def learnt() -> bool:
            counts = await bench.counts()
            return counts.pending == 0 and sum(split.n for split in counts.splits) == 1

        await bench.until(learnt)


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


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        (REPLAY_URL, True),
        ("http://agent.shop.svc:8000/replay/x", True),
        ("http://agent.shop.svc.cluster.local/replay", True),
        ("http://169.254.169.254/latest/meta-data", False),
        ("http://127.0.0.1@evil.example/replay", False),
        ("http://evil.example/?x=127.0.0.1", False),
        ("http://127.0.0.1.evil.example/", False),
        ("file:///etc/passwd", False),
    ],
)
async def test_only_allowed_replay_addresses_are_ever_called(
    bench: Bench, url: str, allowed: bool
) -> None:
    await bench.announce(url)
    await bench.learn(range(20))
    drafted = proposal(bench.world, [SECURITY])
    await bench.publish(drafted)
    await bench.verdict(drafted.proposal_id)
    assert bool(bench.world.replays) == allowed


async def test_keys_see_their_projects_and_agents_and_a_miners_key_nothing_sealed(
    tmp_path: Path,
) -> None:
    secrets, entries = {}, []
    for name, scopes, projects, agents in (
        ("miner", {"read"}, {PROJECT}, {AGENT}),
        ("person", {"read", "review"}, {PROJECT}, {AGENT}),
        ("neighbour", {"read"}, {"other"}, {AGENT}),
        ("stranger", {"read", "review"}, {PROJECT}, None),
    ):
        secrets[name], entry = new_key(
            name,
            frozenset(scopes),
            frozenset(projects),
            agents=frozenset(agents) if agents else None,
        )
        entries.append(entry)
    write_keys(tmp_path / "keys.yaml", KeysFile(keys=tuple(entries)))
    world = World()
    async with open_bench(tmp_path, world, keys_file=tmp_path / "keys.yaml") as bench:
        await bench.get("examples", expect=401, agent=AGENT)
        bench.http.headers["x-api-key"] = secrets["person"]
        await bench.announce()
        await bench.learn(range(120))
        drafted = proposal(world, [memorised(bench)])
        await bench.publish(drafted)
        await bench.verdict(drafted.proposal_id)
        assert (await bench.ledger()).entries[0].p_value == 1.0
        [told] = await bench.experiments()
        assert told.result is not None
        assert told.result.sealed is not None

        bench.http.headers["x-api-key"] = secrets["miner"]
        [told] = await bench.experiments()
        alone = await bench.get(f"experiments/{told.experiment_id}")
        assert told.result is not None
        assert (told.result.verdict, told.result.sealed) == ("reject", None)
        assert "p = " not in str(alone)
        entry = (await bench.ledger()).entries[0]
        assert (entry.outcome, entry.p_value, entry.wins) == ("refused", None, None)
        by_split = {split.split: split for split in (await bench.counts()).splits}
        assert (by_split["sealed"].correct, by_split["sealed"].agreement) == (None, None)
        assert by_split["mine"].agreement is not None

        bench.http.headers["x-api-key"] = secrets["neighbour"]
        assert (await bench.get("examples", agent=AGENT))["items"] == []
        [experiment] = (await bench.get("experiments"))["items"]

        bench.http.headers["x-api-key"] = secrets["stranger"]
        assert (await bench.get("experiments"))["items"] == []
        assert (await bench.get("experiments", agent=AGENT))["items"] == []
        await bench.get(f"experiments/{experiment['experiment_id']}", expect=404)
        for path in ("examples", "examples/counts", "ledger"):
            assert AGENT in (await bench.get(path, expect=403, agent=AGENT))["detail"]


async def test_an_unknown_experiment_is_a_404_that_names_it(bench: Bench) -> None:
    answer = await bench.get("experiments/exp-nothing", expect=404)
    assert "exp-nothing" in answer["detail"]
    assert START.isoformat() not in answer["detail"]
