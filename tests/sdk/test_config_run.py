"""A run is pinned to one snapshot; a canary is sticky and has its share."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import date

import pytest
from pawl_sdk.bundle import RuleSet, compile_bundle
from pawl_sdk.config import Canary, ConfigClient, Pointer, Snapshot, in_canary
from pawl_sdk.config.report import StatusReport as SentReport
from pawl_sdk.current import CURRENT_RUN

from libs.contracts.api import ChannelPointer, StatusReport
from libs.testkit.registry import FakeRegistry, bundle_of

STABLE, CANARY = bundle_of(1), bundle_of(2)


@pytest.fixture
def registry() -> FakeRegistry:
    fake = FakeRegistry()
    fake.move(fake.release(STABLE), 1)
    return fake


@pytest.fixture
def config(registry: FakeRegistry) -> Iterator[ConfigClient]:
    with ConfigClient(agent="buyer", transport=registry.transport(), state_dir=None) as client:
        yield client
        registry.cut_streams()


def move_and_wait(registry: FakeRegistry, config: ConfigClient, generation: int) -> None:
    registry.move(registry.release(CANARY), generation)
    waited = threading.Event()
    while config.snapshot.generation != generation:
        waited.wait(0.005)


def test_a_run_keeps_its_snapshot_while_the_channel_moves(
    registry: FakeRegistry, config: ConfigClient
) -> None:
    with config.run("k") as first:
        registry.move(registry.release(CANARY), 2)
        other = threading.Thread(target=lambda: move_and_wait(registry, config, 3))
        other.start()
        other.join(10)
        assert config.snapshot is first
        with config.run("other key") as inner:
            assert inner is first
        assert first.generation == 1
        current = CURRENT_RUN.get()
        assert current is not None
        assert current.digest == STABLE.digest
    assert CURRENT_RUN.get() is None
    assert config.snapshot.generation == 3


async def test_runs_in_tasks_do_not_see_each_other(config: ConfigClient) -> None:
    async def one(snapshot: Snapshot) -> bool:
        async with config.run_with(snapshot) as pinned:
            await asyncio.sleep(0.01)
            return config.snapshot is pinned is snapshot

    snapshots = [config.candidate(bundle_of(n)) for n in range(20)]
    assert all(await asyncio.gather(*map(one, snapshots)))


def test_a_canary_gets_its_share_and_a_key_always_the_same_side(
    registry: FakeRegistry, config: ConfigClient
) -> None:
    registry.release(CANARY)
    canary = {"digest": CANARY.digest, "weight": 0.25, "salt": "s"}
    registry.move(STABLE.digest, 2, canary)
    while config.snapshot.generation != 2:
        threading.Event().wait(0.005)
    sides = {}
    for key in map(str, range(2000)):
        with config.run(key) as snapshot:
            sides[key] = snapshot.digest
            assert snapshot.is_canary == (snapshot.digest == CANARY.digest)
    assert 400 < sum(digest == CANARY.digest for digest in sides.values()) < 600
    for key in map(str, range(100)):
        with config.run(key) as snapshot:
            assert snapshot.digest == sides[key]
    assert config.snapshot.digest == STABLE.digest


def test_a_canary_that_cannot_be_loaded_leaves_everything_as_it_was(
    registry: FakeRegistry, config: ConfigClient
) -> None:
    registry.release(CANARY)
    registry.bundles[CANARY.digest] += b" "
    registry.move(STABLE.digest, 2, {"digest": CANARY.digest, "weight": 1, "salt": "s"})
    while not config.problem():
        threading.Event().wait(0.005)
    with config.run("k") as snapshot:
        assert (snapshot.digest, snapshot.generation) == (STABLE.digest, 1)


def test_weights_nest_so_that_a_growing_canary_keeps_its_keys() -> None:
    digest = CANARY.digest
    small = Canary(digest=digest, weight=0.1, salt="s")
    large = Canary(digest=digest, weight=0.5, salt="s")
    keys = list(map(str, range(500)))
    assert {k for k in keys if in_canary(small, k)} <= {k for k in keys if in_canary(large, k)}
    assert not any(in_canary(Canary(digest=digest, weight=0, salt="s"), k) for k in keys)
    assert all(in_canary(Canary(digest=digest, weight=1, salt="s"), k) for k in keys)


def test_a_snapshot_gives_prompts_parameters_context_and_rules() -> None:
    bundle = compile_bundle(
        "buyer",
        {
            "agent.yaml": "name: buyer\nparameters: {a: 1}\n",
            "prompts/system.md": "be kind",
            "context/vendors.yaml": "Acme: {status: suspended, contact: {name: Zed}}\n",
            "rules.yaml": "rules:\n- {id: a, when: request.n > 1, then: {decision: yes}, "
            "added: 2026-01-01, expires: 2026-02-01}\n",
        },
    )
    snapshot = Snapshot(bundle, 3, lambda: date(2026, 1, 15), RuleSet(bundle.rules))
    assert snapshot.prompt("system") == "be kind"
    with pytest.raises(KeyError, match="no prompt 'sytem', only \\['system'\\]"):
        snapshot.prompt("sytem")
    with pytest.raises(TypeError):
        snapshot.parameters["a"] = 2  # type: ignore[index]
    result = snapshot.merge_context("vendors", "Acme", {"status": "ok", "contact": {"tel": "1"}})
    assert result == {"status": "suspended", "contact": {"tel": "1", "name": "Zed"}}
    result["contact"]["name"] = "changed by the agent"
    assert snapshot.merge_context("vendors", "Acme", {})["contact"] == {"name": "Zed"}
    assert snapshot.merge_context("nobody", "x", {"a": 1}) == {"a": 1}
    facts = {"request": {"n": 2}}
    assert snapshot.apply_rules(facts, {"decision": "no"}).answer == {"decision": "yes"}
    late = Snapshot(bundle, 3, lambda: date(2026, 3, 1), RuleSet(bundle.rules))
    assert late.apply_rules(facts, {"decision": "no"}).fired is None


def test_the_sdk_and_the_platform_mean_the_same_by_pointer_and_status() -> None:
    assert set(Pointer.model_fields) | {"moved_at"} == set(ChannelPointer.model_fields)
    assert set(SentReport.model_fields) == set(StatusReport.model_fields)
