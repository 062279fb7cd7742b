"""Public signing keys, also of old signers: their bundles stay valid."""

import base64

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.contracts.api import SigningKeysView, SigningKeyView
from libs.runtime import Clock
from libs.storage import Transaction
from libs.storage.upsert import insert_ignoring
from services.runtime_config.adapters import rows
from services.runtime_config.adapters.signing import Signer
from services.runtime_config.tables import SIGNING_KEYS


async def write_key(tx: Transaction, signer: Signer, older: Signer | None, clock: Clock) -> None:
    """List a key, endorsed by an older one; a key that is listed stays as it is."""
    await tx.execute(
        insert_ignoring(
            tx.connection,
            SIGNING_KEYS,
            key_id=signer.key_id,
            public_key=base64.b64encode(signer.public_key).decode(),
            endorsements=[older.endorse(signer)] if older else [],
            created_at=clock.now(),
        )
    )


async def read_keys(connection: AsyncConnection, current: str) -> SigningKeysView:
    found = await connection.execute(select(SIGNING_KEYS).order_by(SIGNING_KEYS.c.created_at))
    return SigningKeysView(
        keys=tuple(
            SigningKeyView(
                key_id=row.key_id,
                public_key=row.public_key,
                endorsements=row.endorsements,
                current=row.key_id == current,
                created_at=rows.utc(row.created_at),
            )
            for row in found
        )
    )
