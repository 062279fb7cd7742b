"""What is served: `/api/v1/agents` and `/api/v1/bundles` on runtime_config."""

from collections import OrderedDict

import httpx
from pawl_sdk.bundle import Bundle, BundleError, is_name

from libs.clients.asking import Asking, UnreadableAnswer
from libs.contracts.api import ChannelPointer

BUNDLES_MAX = 32
CHANNEL = "production"


class RuntimeConfigClient:
    """Bundles never change under their digest, so the last ones are kept."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._asking = Asking("runtime_config", client)
        self._bundles: OrderedDict[str, Bundle] = OrderedDict()

    async def pointer(self, agent: str, channel: str = CHANNEL) -> ChannelPointer | None:
        """What a channel points at now, rollbacks included; None before the first release."""
        if not is_name(agent):  # a span may say anything
            return None
        path = f"/api/v1/agents/{agent}/channels/{channel}"
        return await self._asking.get(ChannelPointer, path)

    async def served_digest(self, agent: str) -> str | None:
        """What `production` points at."""
        pointer = await self.pointer(agent)
        return pointer.digest if pointer else None

    async def served(self, agent: str) -> Bundle | None:
        """The bundle that `production` points at."""
        digest = await self.served_digest(agent)
        return await self.bundle(digest) if digest else None

    async def bundle(self, digest: str) -> Bundle | None:
        """A released bundle; its bytes are checked against the digest."""
        if digest not in self._bundles:
            answer = await self._asking.send("GET", f"/api/v1/bundles/{digest}")
            if answer is None:
                return None
            self._bundles[digest] = _checked(digest, answer.content)
            if len(self._bundles) > BUNDLES_MAX:
                self._bundles.popitem(last=False)
        self._bundles.move_to_end(digest)
        return self._bundles[digest]


def _checked(digest: str, content: bytes) -> Bundle:
    try:
        bundle = Bundle.from_bytes(content)
    except BundleError as error:
        raise UnreadableAnswer(f"runtime_config sent no bundle for {digest}: {error}") from error
    if bundle.digest != digest:
        raise UnreadableAnswer(f"runtime_config sent {bundle.digest} for {digest}")
    return bundle
