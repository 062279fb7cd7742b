"""Channels, releases and instances, as people look at them and move them."""

from collections.abc import Iterator, Mapping
from typing import Any

from pawl_sdk.client.http import Http, Json


class Config:
    """The registry's API for people; agents use `pawl_sdk.config.ConfigClient`."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def import_files(
        self, agent: str, files: Mapping[str, str], *, author: str, message: str = ""
    ) -> Json:
        """An agent's first config: path in its folder to text. `change_files` changes it."""
        body = {"files": dict(files), "author": author, "message": message}
        found: Json = self._http.send("PUT", f"/api/v1/config-repo/{agent}", json=body)
        return found

    def change_files(
        self,
        agent: str,
        files: Mapping[str, str],
        *,
        base_commit: str,
        author: str,
        message: str = "",
    ) -> Json:
        """A person's own change of the files at `base_commit`; refused when main has moved."""
        body = {"files": dict(files), "author": author, "message": message}
        body |= {"base_commit": base_commit}
        found: Json = self._http.send("PUT", f"/api/v1/config-repo/{agent}", json=body)
        return found

    def files(self, agent: str, ref: str = "main") -> Json:
        """The agent's config files at a branch or commit, with the digest they compile to."""
        found: Json = self._http.get(f"/api/v1/config-repo/{agent}", ref=ref)
        return found

    def channels(self, agent: str) -> list[Json]:
        """Where each channel of an agent points."""
        found: list[Json] = self._http.get(f"/api/v1/agents/{agent}/channels")["items"]
        return found

    def channel(self, agent: str, channel: str) -> Json:
        """One pointer."""
        found: Json = self._http.get(_path(agent, channel))
        return found

    def moves(self, agent: str, channel: str, limit: int | None = 50) -> Iterator[Json]:
        """Every generation there was, newest first."""
        return self._http.pages(f"{_path(agent, channel)}/moves", limit)

    def releases(self, agent: str | None = None, limit: int | None = 50) -> Iterator[Json]:
        """The audit log."""
        return self._http.pages("/api/v1/releases", limit, agent=agent)

    def instances(self, agent: str, limit: int | None = 200) -> Iterator[Json]:
        """Running agents and what they applied."""
        return self._http.pages(f"/api/v1/agents/{agent}/instances", limit)

    def canary(self, agent: str, channel: str) -> Json:
        """The sequential test of the canary so far."""
        found: Json = self._http.get(f"{_path(agent, channel)}/canary")
        return found

    def move(
        self,
        agent: str,
        channel: str,
        *,
        generation: int,
        digest: str,
        moved_by: str,
        reason: str,
        canary: Mapping[str, Any] | None = None,
    ) -> Json:
        """Compare-and-swap from `generation`; refused with 412 when somebody was first."""
        body = {
            "digest": digest,
            "canary": dict(canary) if canary else None,
            "moved_by": moved_by,
            "reason": reason,
        }
        headers = {"If-Match": str(generation)}
        found: Json = self._http.send("PUT", _path(agent, channel), json=body, headers=headers)
        return found

    def rollback(
        self,
        agent: str,
        channel: str,
        *,
        moved_by: str,
        reason: str,
        to_generation: int | None = None,
        to_digest: str | None = None,
        generation: int | None = None,
    ) -> Json:
        """A new generation that points at an old digest; ends an active canary first.

        Refused with 412 when the channel is past `generation`, by default the one it has now.
        """
        body = {
            "moved_by": moved_by,
            "reason": reason,
            "to_generation": to_generation,
            "to_digest": to_digest,
        }
        return self._move_from(agent, channel, generation, "rollback", body)

    def promote(
        self,
        agent: str,
        channel: str,
        *,
        moved_by: str,
        reason: str,
        to: str | None = None,
        generation: int | None = None,
    ) -> Json:
        """The canary takes over, or the channel `to` gets this channel's digest.

        Refused with 412 when the channel is past `generation`, by default the one it has now.
        """
        body = {"moved_by": moved_by, "reason": reason, "to": to}
        return self._move_from(agent, channel, generation, "promote", body)

    def _move_from(
        self, agent: str, channel: str, generation: int | None, how: str, body: Json
    ) -> Json:
        seen = self.channel(agent, channel)["generation"] if generation is None else generation
        found: Json = self._http.send(
            "POST", f"{_path(agent, channel)}/{how}", json=body, headers={"If-Match": str(seen)}
        )
        return found


def _path(agent: str, channel: str) -> str:
    return f"/api/v1/agents/{agent}/channels/{channel}"


class Proposals:
    """Changes that wait for a person."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def list(self, limit: int | None = 50, **filters: Any) -> Iterator[Json]:
        """Newest first; filters agent, mining_run_id, state."""
        return self._http.pages("/api/v1/proposals", limit, **filters)

    def get(self, proposal_id: str) -> Json:
        """With experiment, pull request and decision."""
        found: Json = self._http.get(f"/api/v1/proposals/{proposal_id}")
        return found

    def decide(
        self, proposal_id: str, decision: str, *, reviewer: str, head_commit: str, reason: str
    ) -> Json:
        """approve or reject exactly the commit that was read."""
        body = {
            "decision": decision,
            "reviewer": reviewer,
            "head_commit": head_commit,
            "reason": reason,
        }
        found: Json = self._http.post(f"/api/v1/proposals/{proposal_id}/decision", body)
        return found
