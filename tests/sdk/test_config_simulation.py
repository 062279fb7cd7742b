"""Seeded faults against one agent: what it serves is always whole, signed and never older."""

import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from pawl_sdk.config import ConfigClient, Snapshot

from libs.testkit.registry import FakeRegistry, bundle_of, wait_for

STEPS = 60


class World:
    """A registry that misbehaves, an agent that is restarted, and a reader that never rests."""

    def __init__(self, seed: int, state_dir: Path) -> None:
        self.chance = random.Random(seed)
        self.registry = FakeRegistry()
        self.released = {1: self.registry.release(bundle_of(1))}
        self.registry.move(self.released[1], 1)
        self.state_dir = state_dir
        self.seen: list[tuple[int, str, Any]] = []
        self._stop = threading.Event()
        self.config = self._start()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _start(self) -> ConfigClient:
        return ConfigClient(
            agent="buyer",
            transport=self.registry.transport(),
            state_dir=self.state_dir,
            retry_seconds=0.005,
            retry_seconds_max=0.02,
            silence_seconds=0.05,
            chance=random.Random(self.chance.random()),
        ).start(10)

    def _read(self) -> None:
        while not self._stop.is_set():
            with self.config.run("k") as snapshot:
                self._note(snapshot)
            time.sleep(0.0005)

    def _note(self, snapshot: Snapshot) -> None:
        line = (snapshot.generation, snapshot.digest, snapshot.parameters["threshold"])
        if not self.seen or self.seen[-1] != line:
            self.seen.append(line)

    @property
    def newest(self) -> int:
        return max(self.released)

    def release(self) -> None:
        generation = self.newest + 1
        back = self.chance.random() < 0.3
        known = self.chance.choice(sorted(self.released.values()))
        digest = known if back else self.registry.release(bundle_of(generation))
        self.released[generation] = digest
        self.registry.move(digest, generation)

    def release_something_bad(self) -> None:
        """Corrupted for a while, then whole: the same generation must still arrive."""
        generation = self.newest + 1
        digest = self.registry.release(bundle_of(generation))
        self.released[generation] = digest
        whole = self.registry.bundles[digest], self.registry.signatures[digest]
        if self.chance.random() < 0.5:
            self.registry.bundles[digest] = whole[0][:-2] + b"9}"
        else:
            self.registry.signatures[digest] = "AAAA"
        self.registry.move(digest, generation)
        time.sleep(self.chance.uniform(0, 0.03))
        self.registry.bundles[digest], self.registry.signatures[digest] = whole

    def lose_the_registry(self) -> None:
        self.registry.down = not self.registry.down
        self.registry.cut_streams()

    def lose_the_stream(self) -> None:
        self.registry.stream_works = not self.registry.stream_works
        self.registry.cut_streams()

    def offer_something_old(self) -> None:
        pointer = self.registry.pointer
        old = self.chance.choice(sorted(self.released))
        self.registry.move(self.released[old], old)
        time.sleep(0.002)
        assert pointer is not None
        self.registry.move(pointer["digest"], pointer["generation"])

    def restart_the_agent(self) -> None:
        self.registry.cut_streams()
        self.config.stop()
        self.config = self._start()

    def damage_the_disk_and_restart(self) -> None:
        """With the registry there: without it the one before would be the best there is."""
        state = self.state_dir / "buyer" / "production.state"
        if state.with_suffix(".previous").exists() and not self.registry.down:
            self.registry.cut_streams()
            self.config.stop()
            state.write_bytes(b"damaged")
            self.config = self._start()

    def step(self) -> None:
        actions = {
            self.release: 6,
            self.release_something_bad: 3,
            self.lose_the_registry: 2,
            self.lose_the_stream: 2,
            self.offer_something_old: 2,
            self.restart_the_agent: 1,
            self.damage_the_disk_and_restart: 1,
        }
        action = self.chance.choices(list(actions), list(actions.values()))[0]
        action()
        time.sleep(self.chance.uniform(0, 0.02))

    def heal(self) -> None:
        self.registry.down, self.registry.stream_works = False, True
        self.release()

    def end(self) -> None:
        self._stop.set()
        self._reader.join()
        self.registry.cut_streams()
        self.config.stop()


@pytest.mark.parametrize("seed", range(6))
def test_under_faults_generations_only_grow_and_after_them_the_newest_is_served(
    seed: int, tmp_path: Path
) -> None:
    world = World(seed, tmp_path)
    try:
        for _ in range(STEPS):
            world.step()
        world.heal()
        wait_for(lambda: world.config.snapshot.generation == world.newest)
    finally:
        world.end()
    generations = [generation for generation, _, _ in world.seen]
    assert generations == sorted(generations)
    for generation, digest, threshold in world.seen:
        assert digest == world.released[generation]
        whole = bundle_of(threshold)
        assert whole.digest == digest
