"""What caused work that waits in a table, until the work is done."""

from pathlib import Path

import pytest

from libs.runtime import App
from libs.runtime.tracing import UNSAMPLED
from libs.storage import Database
from libs.testkit.apps import embedded_deps

FIRST, SECOND = (f"00-{number:032x}-{number:016x}-01" for number in (7, 8))


def exporting(monkeypatch: pytest.MonkeyPatch, value: bool) -> None:
    for module in ("libs.storage.causes", "libs.storage.database"):
        monkeypatch.setattr(f"{module}.exports", lambda: value)


async def remembered(database: Database) -> dict[str, str]:
    async with database.transaction() as tx:
        return await tx.causes(["a", "b", "c"])


async def test_the_last_sampled_cause_is_kept_until_it_is_forgotten(
    tmp_path: Path, either_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with embedded_deps(tmp_path) as deps:
        app = App("clustering", deps)
        database = Database.for_service(app, "services.clustering.migrations")
        await app.start()
        exporting(monkeypatch, False)
        async with database.transaction() as tx:
            await tx.remember("a", FIRST)
        exporting(monkeypatch, True)
        assert await remembered(database) == {}, "without an exporter nothing is kept"
        async with database.transaction() as tx:
            await tx.remember_each({"b": FIRST, "a": FIRST, "c": UNSAMPLED})
            await tx.remember("a", SECOND)
            await tx.remember("b", UNSAMPLED)
        assert await remembered(database) == {"a": SECOND, "b": FIRST}
        with pytest.raises(RuntimeError):
            async with database.transaction() as tx:
                await tx.forget_causes(["a", "b"])
                raise RuntimeError
        async with database.transaction() as tx:
            await tx.forget_causes(["b"])
        assert await remembered(database) == {"a": SECOND}
        await app.stop()
