"""What other services are asked: traces for runs, review_gate and runtime_config for configs."""

from collections import OrderedDict
from typing import TypeVar

import httpx
from pawl_sdk.bundle import Bundle, BundleError, is_name
from pydantic import BaseModel, ValidationError

from libs.contracts.api import ChannelPointer, ConfigFiles, TraceTree
from libs.runtime import TransientError
from libs.runtime.http import fetch

M = TypeVar("M", bound=BaseModel)
BUNDLES_MAX = 32
CHANNEL = "production"


class TraceReader:
    """`GET /api/v1/traces/{trace_id}` on traces."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def tree(self, trace_id: str, project: str) -> TraceTree | None:
        """The trace, or None while it is not stored."""
        response = await fetch(self._client, f"/api/v1/traces/{trace_id}", {"project": project})
        return _parsed(TraceTree, "traces", response) if response else None


class ConfigReader:
    """Files from review_gate, pointers and bundles from runtime_config."""

    def __init__(self, review_gate: httpx.AsyncClient, runtime_config: httpx.AsyncClient) -> None:
        self._review_gate = review_gate
        self._runtime_config = runtime_config
        self._bundles: OrderedDict[str, Bundle] = OrderedDict()

    async def files(self, agent: str, commit: str) -> dict[str, str] | None:
        """The agent's config files at a commit, or None when there is no such commit."""
        response = await fetch(self._review_gate, f"/api/v1/config-repo/{agent}", {"ref": commit})
        return _parsed(ConfigFiles, "review_gate", response).files if response else None

    async def served_digest(self, agent: str) -> str | None:
        """What `production` points at now, rollbacks included; None before the first release."""
        if not is_name(agent):  # a span may say anything
            return None
        path = f"/api/v1/agents/{agent}/channels/{CHANNEL}"
        response = await fetch(self._runtime_config, path, {})
        return _parsed(ChannelPointer, "runtime_config", response).digest if response else None

    async def bundle(self, digest: str) -> Bundle | None:
        """A released bundle; its bytes are checked against the digest."""
        if digest in self._bundles:
            self._bundles.move_to_end(digest)
            return self._bundles[digest]
        response = await fetch(self._runtime_config, f"/api/v1/bundles/{digest}", {})
        if response is None:
            return None
        try:
            bundle = Bundle.from_bytes(response.content)
        except BundleError as error:
            raise TransientError(f"runtime_config sent no bundle for {digest}: {error}") from error
        if bundle.digest != digest:
            raise TransientError(f"runtime_config sent {bundle.digest} for {digest}")
        self._bundles[digest] = bundle
        if len(self._bundles) > BUNDLES_MAX:
            self._bundles.popitem(last=False)
        return bundle


def _parsed(model: type[M], service: str, response: httpx.Response) -> M:
    """What no contract describes, e.g. a page of a proxy, says nothing of what was asked for."""
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        raise TransientError(f"{service} answered with no {model.__name__}: {error}") from error
