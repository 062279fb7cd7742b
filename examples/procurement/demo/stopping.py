"""How a person ends a demo."""

import asyncio
from dataclasses import dataclass, field


@dataclass
class Stopping:
    """`asked` is set by Ctrl-C; `serving` says that nothing is left to do but to serve."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    serving: bool = False

    async def serve_until_asked(self) -> None:
        self.serving = True
        await self.asked.wait()
