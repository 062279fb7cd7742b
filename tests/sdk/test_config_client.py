"""Hot-loading never serves stale, half or bad config, and never loses the last good one."""

import time
from collections.abc import Callable

import pytest
from pawl_sdk.bundle import Bundle, public_key_of
from pawl_sdk.bundle.sign import endorse

from libs.testkit.registry import (
    BETTER,
    GOOD,
    FakeRegistry,
    Start,
    bundle_of,
    key_view,
    threshold,
    wait_for,
)


def test_a_moved_channel_is_served_at_once_and_the_old_value_never_again(
    start: Start, registry: FakeRegistry
) -> None:
    config = start(silence_seconds=60)
    seen: list[int] = []
    for generation in range(2, 30):
        registry.move(registry.release(bundle_of(generation)), generation)
        moved_at = time.monotonic()
        while threshold(config) != generation:
            seen.append(threshold(config))
            assert time.monotonic() - moved_at < 5
            time.sleep(0.001)
        seen.append(threshold(config))
    assert seen == sorted(seen)


def test_without_a_stream_polling_finds_the_move(start: Start, registry: FakeRegistry) -> None:
    registry.stream_works = False
    config = start()
    registry.move(registry.release(BETTER), 2)
    wait_for(lambda: threshold(config) == 2)


def test_polling_a_pointer_that_did_not_move_costs_no_body(
    start: Start, registry: FakeRegistry
) -> None:
    registry.stream_works = False
    start()
    wait_for(lambda: sum("channels/production" in r for r in registry.requests) > 6)
    assert sum("bundles" in r for r in registry.requests) == 1


def test_a_rollback_is_a_new_generation_and_is_served_from_memory(
    start: Start, registry: FakeRegistry
) -> None:
    config = start()
    registry.move(registry.release(BETTER), 2)
    wait_for(lambda: threshold(config) == 2)
    registry.bundles.clear()
    registry.move(GOOD.digest, 3)
    wait_for(lambda: config.snapshot.generation == 3)
    assert config.snapshot.digest == GOOD.digest


def test_a_lower_generation_is_reported_and_not_served(
    start: Start, registry: FakeRegistry
) -> None:
    registry.move(GOOD.digest, 7)
    config = start()
    registry.move(registry.release(BETTER), 6)
    wait_for(lambda: registry.reports and registry.reports[-1]["state"] == "refused")
    assert "restored from a backup" in registry.reports[-1]["error"]
    assert (config.snapshot.generation, threshold(config)) == (7, 1)
    registry.move(BETTER.digest, 8)
    wait_for(lambda: threshold(config) == 2 and registry.reports[-1]["state"] == "applied")


def test_the_same_generation_with_another_digest_is_not_served(
    start: Start, registry: FakeRegistry
) -> None:
    config = start()
    registry.move(registry.release(BETTER), 1)
    wait_for(config.problem)
    assert threshold(config) == 1


def corrupt(registry: FakeRegistry, digest: str) -> None:
    registry.bundles[digest] = registry.bundles[digest].replace(b"buyer", b"thief")


def unsign(registry: FakeRegistry, digest: str) -> None:
    registry.signatures[digest] = registry.signatures[GOOD.digest]


def foreign_key(registry: FakeRegistry, digest: str) -> None:
    registry.private_key = bytes(32)
    registry.release(Bundle.from_bytes(registry.bundles[digest]))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(corrupt, "hash to"), (unsign, "did not sign"), (foreign_key, "not trusted")],
)
def test_a_bad_bundle_is_refused_with_a_reason_and_the_old_one_stays(
    start: Start, registry: FakeRegistry, spoil: Callable[[FakeRegistry, str], None], words: str
) -> None:
    config = start()
    digest = registry.release(BETTER)
    spoil(registry, digest)
    registry.move(digest, 2)
    wait_for(lambda: registry.reports and registry.reports[-1]["state"] == "refused")
    nack = registry.reports[-1]
    assert words in nack["error"]
    assert (nack["desired_generation"], nack["applied_generation"]) == (2, 1)
    assert threshold(config) == 1


def test_a_refused_generation_is_tried_again_until_it_holds(
    start: Start, registry: FakeRegistry
) -> None:
    config = start()
    digest = registry.release(BETTER)
    whole = registry.bundles[digest]
    corrupt(registry, digest)
    registry.move(digest, 2)
    wait_for(lambda: registry.reports[-1]["state"] == "refused")
    registry.bundles[digest] = whole
    wait_for(lambda: threshold(config) == 2)
    wait_for(lambda: registry.reports[-1]["state"] == "applied")


def test_a_bundle_that_cannot_be_downloaded_is_tried_again(
    start: Start, registry: FakeRegistry
) -> None:
    config = start()
    registry.move(BETTER.digest, 2)
    wait_for(lambda: sum(BETTER.digest in r for r in registry.requests) > 3)
    registry.release(BETTER)
    wait_for(lambda: threshold(config) == 2)


def test_the_agents_own_build_can_refuse_and_what_it_makes_is_served(
    start: Start, registry: FakeRegistry
) -> None:
    def build(bundle: Bundle) -> str:
        if bundle.spec.parameters["threshold"] == 2:
            raise ValueError("no such model")
        return f"built {bundle.spec.parameters['threshold']}"

    config = start(build=build)
    assert config.snapshot.built == "built 1"
    registry.move(registry.release(BETTER), 2)
    wait_for(lambda: registry.reports[-1]["state"] == "refused")
    assert "no such model" in registry.reports[-1]["error"]
    registry.move(registry.release(bundle_of(3)), 3)
    wait_for(lambda: config.snapshot.built == "built 3")


def test_a_bundle_of_another_agent_is_refused(start: Start, registry: FakeRegistry) -> None:
    config = start()
    registry.move(registry.release(bundle_of(9, agent="seller")), 2)
    wait_for(config.problem)
    assert "'seller'" in config.problem()
    assert config.snapshot.agent == "buyer"


def test_a_key_is_followed_only_when_the_old_one_endorsed_it(
    start: Start, registry: FakeRegistry
) -> None:
    config = start()
    old, new = registry.private_key, bytes(range(1, 33))
    registry.private_key = new
    registry.move(registry.release(BETTER), 2)
    wait_for(lambda: "not trusted" in config.problem())
    vouched = {
        "key_id": key_view(old)["key_id"],
        "signature": endorse(old, public_key_of(new)),
    }
    registry.keys = [key_view(old), key_view(new, endorsements=[vouched])]
    wait_for(lambda: threshold(config) == 2)


def test_reports_are_sent_until_they_are_accepted_and_only_the_newest(
    start: Start, registry: FakeRegistry
) -> None:
    registry.status_code_of_reports = 503
    config = start()
    for generation in (2, 3):
        registry.move(registry.release(bundle_of(generation)), generation)
        wait_for(lambda g=generation: config.snapshot.generation == g)
    registry.status_code_of_reports = 202
    wait_for(lambda: registry.reports)
    assert [r["applied_generation"] for r in registry.reports] == [3]


def test_an_unchanged_status_is_repeated_as_a_sign_of_life_and_stopping_says_so(
    start: Start, registry: FakeRegistry
) -> None:
    config = start(report_seconds=0.05)
    wait_for(lambda: len(registry.reports) >= 3)
    registry.cut_streams()
    config.stop()
    assert registry.reports[-1]["state"] == "stopped"
