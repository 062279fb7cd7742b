"""Whose signatures count outlives forks, restarts and rotations of the registry's key."""

import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pawl_sdk.bundle import public_key_of
from pawl_sdk.bundle.sign import endorse
from pawl_sdk.config import ConfigClient
from pawl_sdk.config.errors import Refused

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

NEW_KEY = bytes(range(1, 33))


def end(config: ConfigClient, registry: FakeRegistry) -> None:
    registry.cut_streams()
    config.stop()


def take_over(registry: FakeRegistry, generation: int) -> None:
    """Somebody answers in the registry's place, with a key that nobody endorsed."""
    registry.private_key = bytes(32)
    registry.move(registry.release(bundle_of(666)), generation)


def rotate(registry: FakeRegistry) -> None:
    """A newer key, for which the old one vouches."""
    old, registry.private_key = registry.private_key, NEW_KEY
    vouched = {"key_id": key_view(old)["key_id"], "signature": endorse(old, public_key_of(NEW_KEY))}
    registry.keys = [key_view(old), key_view(NEW_KEY, endorsements=[vouched])]


def in_child(act: Callable[[], Any]) -> Any:
    """What `act` returns in a forked process, as JSON."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(write, json.dumps(act()).encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(pid, 0)
    with os.fdopen(read, "rb") as answer:
        return json.loads(answer.read() or b"null")


def test_a_forked_child_trusts_the_keys_that_its_parent_pinned(
    start: Start, registry: FakeRegistry, tmp_path: Path
) -> None:
    config = start()
    state = tmp_path / "buyer" / "production.state"
    wait_for(state.exists)
    before = state.read_bytes()

    def follow_the_wrong_one() -> tuple[Any, str]:
        registry._listeners.clear()
        take_over(registry, 2)
        until = time.monotonic() + 5
        while not config.problem() and threshold(config) == 1 and time.monotonic() < until:
            time.sleep(0.01)
        return threshold(config), config.problem()

    served, problem = in_child(follow_the_wrong_one)
    assert (served, "not trusted" in problem) == (1, True)
    assert state.read_bytes() == before


def test_without_a_disk_a_released_config_needs_a_pinned_key_too(
    start: Start, registry: FakeRegistry
) -> None:
    config = start(state_dir=None)
    take_over(registry, 2)
    with pytest.raises(Refused, match="not trusted"):
        config.load(bundle_of(666).digest)


def test_given_keys_and_a_rotated_one_serve_the_saved_config_in_an_outage(
    start: Start, registry: FakeRegistry
) -> None:
    given = [key_view(registry.private_key)["public_key"]]
    config = start(trusted_keys=given)
    rotate(registry)
    registry.move(registry.release(BETTER), 2)
    wait_for(lambda: threshold(config) == 2)
    wait_for(lambda: registry.reports[-1]["applied_generation"] == 2)
    end(config, registry)
    registry.down = True
    assert threshold(start(trusted_keys=given)) == 2


def test_keys_saved_with_a_config_do_not_make_it_trusted(
    start: Start, registry: FakeRegistry
) -> None:
    wrong = FakeRegistry()
    take_over(wrong, 9)
    end(start(transport=wrong.transport()), wrong)
    given = [key_view(registry.private_key)["public_key"]]
    assert threshold(start(trusted_keys=given)) == 1


def test_a_state_of_an_older_sdk_is_still_read(
    start: Start, registry: FakeRegistry, tmp_path: Path
) -> None:
    end(start(), registry)
    path = tmp_path / "buyer" / "production.state"
    rewrite(path, lambda state: {k: state[k] for k in ("pointer", "bundles", "keys")})
    registry.down = True
    assert threshold(start()) == 1


def test_a_page_instead_of_keys_does_not_keep_the_saved_config_from_being_served(
    start: Start, registry: FakeRegistry, tmp_path: Path
) -> None:
    given = [key_view(registry.private_key)["public_key"]]
    config = start(trusted_keys=given)
    rotate(registry)
    registry.move(registry.release(BETTER), 2)
    wait_for((tmp_path / "buyer" / "production.previous").exists)
    end(config, registry)
    rewrite(tmp_path / "buyer" / "production.state", lambda state: state | {"endorsed": []})
    page = httpx.MockTransport(lambda _: httpx.Response(200, html="<html>log in</html>"))
    assert threshold(start(trusted_keys=given, transport=page)) == 1


def test_a_newer_file_that_was_refused_does_not_keep_a_good_config_from_being_saved(
    start: Start, registry: FakeRegistry
) -> None:
    wrong = FakeRegistry()
    take_over(wrong, 100)
    end(start(transport=wrong.transport()), wrong)
    given = [key_view(registry.private_key)["public_key"]]
    config = start(trusted_keys=given)
    assert config.snapshot.generation == 1
    end(config, registry)
    registry.down = True
    assert start(trusted_keys=given).snapshot.generation == 1


def test_a_file_that_another_process_saved_under_a_newer_key_is_not_overwritten(
    start: Start, registry: FakeRegistry
) -> None:
    behind = FakeRegistry()
    behind.move(behind.release(GOOD), 1)
    slow = start(transport=behind.transport())
    rotate(registry)
    registry.move(registry.release(bundle_of(5)), 5)
    end(start(), registry)
    behind.move(behind.release(BETTER), 2)
    wait_for(lambda: threshold(slow) == 2)
    end(slow, behind)
    registry.down = True
    assert threshold(start()) == 5


def test_another_registrys_saved_config_is_passed_over_with_its_files_name(
    start: Start, registry: FakeRegistry, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    staging = FakeRegistry()
    take_over(staging, 100)
    end(start(transport=staging.transport(), url="http://u:secret@staging/"), staging)
    config = start(url="http://production")
    assert (config.snapshot.generation, config.problem()) == (1, "")
    path = tmp_path / "buyer" / "production.state"
    assert f"{path} is of the registry http://staging, not of http://production" in caplog.text
    end(config, registry)
    registry.down = True
    assert start(url="http://production").snapshot.generation == 1


def rewrite(path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Another state under a checksum that fits."""
    body = json.dumps(change(json.loads(path.read_bytes().partition(b"\n")[2]))).encode()
    path.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
