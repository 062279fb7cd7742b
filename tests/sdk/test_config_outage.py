"""In outages, restarts and on bad disks the last good config is never lost."""

import threading
import time
from pathlib import Path

import pytest
from pawl_sdk.config import ConfigClient, ConfigUnavailable

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


def test_in_an_outage_the_last_good_config_stays_and_a_restart_finds_it(
    start: Start, registry: FakeRegistry
) -> None:
    config = start()
    registry.move(registry.release(BETTER), 2)
    wait_for(lambda: threshold(config) == 2)
    registry.down = True
    registry.cut_streams()
    time.sleep(0.3)
    assert threshold(config) == 2
    config.stop()
    again = start()
    assert (threshold(again), again.snapshot.generation) == (2, 2)
    registry.down = False
    registry.move(registry.release(bundle_of(3)), 3)
    wait_for(lambda: threshold(again) == 3)


def test_a_start_with_nothing_says_what_to_do(start: Start, registry: FakeRegistry) -> None:
    registry.down = True
    config = ConfigClient(agent="buyer", transport=registry.transport(), state_dir=None)
    with pytest.raises(ConfigUnavailable, match=r"agent 'buyer'.*Start the registry"):
        config.start(timeout_seconds=0.2)


@pytest.mark.parametrize("damage", [b"", b"garbage", b"0" * 64 + b"\n{}"])
def test_a_damaged_file_falls_back_to_the_one_before(
    start: Start, registry: FakeRegistry, tmp_path: Path, damage: bytes
) -> None:
    config = start()
    registry.move(registry.release(BETTER), 2)
    wait_for((tmp_path / "buyer" / "production.previous").exists)
    registry.cut_streams()
    config.stop()
    (tmp_path / "buyer" / "production.state").write_bytes(damage)
    registry.down = True
    assert threshold(start()) == 1


def test_a_saved_config_that_was_tampered_with_is_not_started_from(
    start: Start, registry: FakeRegistry, tmp_path: Path
) -> None:
    evil = FakeRegistry(private_key=bytes(32))
    evil.move(evil.release(bundle_of(666)), 5)
    config = start(transport=evil.transport())
    evil.cut_streams()
    config.stop()
    assert (tmp_path / "buyer" / "production.state").exists()
    registry.down = True
    trusted = key_view(registry.private_key)["public_key"]
    with pytest.raises(ConfigUnavailable):
        ConfigClient(
            agent="buyer",
            transport=registry.transport(),
            state_dir=tmp_path,
            trusted_keys=[trusted],
        ).start(0.2)


def test_an_unwritable_disk_does_not_keep_a_rollback_from_being_served(
    start: Start, registry: FakeRegistry, tmp_path: Path
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    config = start(state_dir=blocked)
    registry.move(registry.release(BETTER), 2)
    wait_for(lambda: threshold(config) == 2)
    wait_for(lambda: registry.reports and "not saved" in registry.reports[-1]["error"])
    assert registry.reports[-1]["state"] == "applied"


def test_an_agent_that_is_there_before_its_first_release_gets_it_soon(
    registry: FakeRegistry, tmp_path: Path
) -> None:
    registry.pointer = None
    config = ConfigClient(agent="buyer", transport=registry.transport(), state_dir=tmp_path)
    released = threading.Timer(3.0, lambda: registry.move(GOOD.digest, 1))
    released.start()
    started = time.monotonic()
    config.start(timeout_seconds=20)
    assert time.monotonic() - started < 3.0 + 2.0
    wait_for(lambda: registry.reports)
    registry.move(registry.release(BETTER), 2)
    wait_for(lambda: threshold(config) == 2)
    assert time.monotonic() - started < 3.0 + 4.0
    registry.cut_streams()
    config.stop()


def test_after_a_long_outage_one_answer_wakes_stream_and_report(
    start: Start, registry: FakeRegistry
) -> None:
    config = start(retry_seconds=0.3, retry_seconds_max=60.0, silence_seconds=0.1)
    registry.down = True
    registry.cut_streams()
    config.announce_replay("http://new")
    time.sleep(2.5)
    registry.down = False
    wait_for(lambda: registry.reports and registry.reports[-1]["replay_url"] == "http://new")
    wait_for(lambda: len(registry._listeners) == 1)
