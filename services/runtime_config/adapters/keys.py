"""Which key signs: loaded at start, rotated on request, always listed with who vouches for it."""

import asyncio
from pathlib import Path

from libs.runtime import Clock
from libs.runtime.errors import StartupError
from libs.storage import Database
from services.runtime_config.adapters.keys_sql import read_keys, write_key
from services.runtime_config.adapters.signing import (
    CurrentSigner,
    Signer,
    load_or_create,
    read_pending,
    signer_of,
    take_pending,
    write_pending,
)
from services.runtime_config.domain.errors import InvalidMoveError
from services.runtime_config.settings import RuntimeConfigSettings


class Keys:
    """The signer in force is in `signer`."""

    def __init__(
        self,
        database: Database,
        settings: RuntimeConfigSettings,
        path: Path,
        clock: Clock,
    ) -> None:
        self._database = database
        self._settings = settings
        self._path = path
        self._clock = clock
        self._rotating = asyncio.Lock()  # two at once would take each other's next key
        self.signer = CurrentSigner()

    async def load(self) -> None:
        """From the settings, else from the key file, which is made when it is missing."""
        given = self._settings.signing_key.get_secret_value()
        if given:
            signer = signer_of(given, "PAWL_RUNTIME_CONFIG_SIGNING_KEY")
        else:
            signer = await asyncio.to_thread(load_or_create, self._path)
        before = self._settings.previous_signing_key.get_secret_value()
        older = signer_of(before, "PAWL_RUNTIME_CONFIG_PREVIOUS_SIGNING_KEY") if before else None
        await self._check_chain(signer, older)
        async with self._rotating:
            await self._list(signer, older)
            self.signer.set(signer)
            pending = await asyncio.to_thread(read_pending, self._path)
            if pending is not None and not given:  # a rotation that a crash cut short
                await self._adopt(pending)

    async def _check_chain(self, signer: Signer, older: Signer | None) -> None:
        """Agents would refuse everything from a key that no known one vouches for."""
        async with self._database.read() as connection:
            listed = {key.key_id for key in (await read_keys(connection, "")).keys}
        follows = signer.key_id in listed or (older is not None and older.key_id in listed)
        if listed and not follows and not self._settings.new_signing_key:
            raise StartupError(
                f"bundles were signed by {', '.join(sorted(listed))}, this key is {signer.key_id}: "
                "give every replica the same PAWL_RUNTIME_CONFIG_SIGNING_KEY, or restore "
                f"{self._path}. If that key is lost for good, start once with "
                "PAWL_RUNTIME_CONFIG_NEW_SIGNING_KEY=true and let agents forget their pinned key"
            )

    async def rotate(self) -> None:
        """A new key takes over; a crash at any point leaves the old or the new one in force."""
        if self._settings.signing_key.get_secret_value():
            raise InvalidMoveError(
                "the key comes from PAWL_RUNTIME_CONFIG_SIGNING_KEY: set a new one there, put the "
                "old one into PAWL_RUNTIME_CONFIG_PREVIOUS_SIGNING_KEY and start again"
            )
        async with self._rotating:
            newer = await asyncio.to_thread(read_pending, self._path)
            if newer is None:  # else one failed half-way, and its key may be listed already
                newer = await asyncio.to_thread(write_pending, self._path)
            await self._adopt(newer)

    async def _adopt(self, newer: Signer) -> None:
        """Listed and endorsed before it signs anything."""
        await self._list(newer, self.signer.get())
        await asyncio.to_thread(take_pending, self._path)
        self.signer.set(newer)

    async def _list(self, signer: Signer, older: Signer | None) -> None:
        async with self._database.transaction() as tx:
            await write_key(tx, signer, older, self._clock)
