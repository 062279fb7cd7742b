"""API keys at the door of every service: `Annotated[Principal, Depends(require("read"))]`.

The key comes as `Authorization: Bearer KEY`, `x-api-key: KEY` or `api_key: KEY`. Without a keys
file everyone may do everything, which is only served on loopback.
"""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from libs.runtime.keys import INTERNAL, OPEN, KeyRing, Principal, Scope, new_key

__all__ = [
    "INTERNAL",
    "OPEN",
    "DeniedError",
    "KeyRing",
    "Principal",
    "authenticate",
    "check_agent",
    "new_key",
    "require",
]

_BEARER = HTTPBearer(auto_error=False, description="An API key")
_HEADER = APIKeyHeader(name="x-api-key", auto_error=False, description="An API key")
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="pawl"'}


class DeniedError(Exception):
    """No key, an unknown key, or a key without the scope."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def secret_of(headers: Mapping[str, str]) -> str | None:
    """The key in a request's headers or gRPC metadata (lower-case names)."""
    kind, _, secret = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and secret.strip():
        return secret.strip()
    return headers.get("x-api-key") or headers.get("api_key") or None


def authenticate(keys: KeyRing, headers: Mapping[str, str], scope: Scope) -> Principal:
    """Who calls, or raise `DeniedError`."""
    if keys.is_open:
        return OPEN
    secret = secret_of(headers)
    if secret is None:
        raise DeniedError(
            401, "no API key: send the header 'Authorization: Bearer KEY' or 'x-api-key'"
        )
    principal = keys.find(secret)
    if principal is None:
        raise DeniedError(
            401, "this API key is not known: check it, or ask for one (pawl keys create)"
        )
    if not principal.may(scope):
        held = ", ".join(sorted(principal.scopes))
        raise DeniedError(403, f"key {principal.key_id!r} has no scope {scope!r}, only {held}")
    return principal


def check_agent(principal: Principal, agent: str) -> None:
    """403 unless the key is for this agent."""
    if not principal.allows_agent(agent):
        held = ", ".join(sorted(principal.agents or ())) or "none"
        raise HTTPException(
            403,
            f"key {principal.key_id!r} is not for agent {agent!r} (it is for: {held}): "
            "name it under `agents` in the keys file",
        )


def require(scope: Scope) -> Callable[..., Awaitable[Principal]]:
    """A FastAPI dependency: the caller with this scope, and for `{agent}` in the path; or 401, 403.

    Agents that are named elsewhere are for the endpoint to check: `check_agent`, `allows_agent`.
    """

    async def principal(
        request: Request,
        bearer: HTTPAuthorizationCredentials | None = Security(_BEARER),
        header: str | None = Security(_HEADER),
    ) -> Principal:
        keys = getattr(request.app.state, "keys", None)
        if not isinstance(keys, KeyRing):  # never open by accident
            raise RuntimeError("this API has no key ring: build it with libs.runtime.App")
        try:
            found = authenticate(keys, request.headers, scope)
        except DeniedError as denied:
            headers = _CHALLENGE if denied.status == 401 else None
            raise HTTPException(denied.status, denied.detail, headers) from denied
        if (agent := request.path_params.get("agent")) is not None:
            check_agent(found, agent)
        return found

    return principal
