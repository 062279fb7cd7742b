"""A GitHub for tests: the REST calls that Pawl makes, over a real bare git repository.

`FakeGitHub(path).app` is an ASGI app; the methods beside it are what people do on the web site.
"""

import base64
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from libs.testkit.fake_github_git import FakeGit, Refused

REPO = "acme/agent-config"
TOKEN = "ghp_" + "f" * 36  # made up; only this fake takes it
BOT = "pawl-bot"
TIME = "2026-01-31T12:{:02d}:00Z"


class FakeGitHub:
    """One repository. `calls` holds every request; `fail` are answers of the next ones."""

    def __init__(self, path: Path) -> None:
        self.git = FakeGit(path)
        self.pulls: list[dict[str, Any]] = []
        self.reviews: dict[int, list[dict[str, Any]]] = {}
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.statuses: dict[str, list[dict[str, Any]]] = {}
        self.checks: dict[str, list[dict[str, Any]]] = {}
        self.checking: tuple[str, ...] = ()
        """Checks that start with every pull request."""
        self.calls: list[str] = []
        self.fail: list[int] = []
        self.app = _app(self)

    def review(self, number: int, login: str, state: str, body: str = "") -> None:
        """A person reviews the head commit as it is now."""
        self.reviews.setdefault(number, []).append(
            {
                "user": {"login": login},
                "state": state,
                "body": body,
                "commit_id": self.git.head(self.pull(number)["branch"]),
                "submitted_at": self._time(),
            }
        )

    def comment(self, number: int, login: str, body: str) -> None:
        said = {"user": {"login": login}, "body": body, "created_at": self._time()}
        self.comments.setdefault(number, []).append(said)

    def merge(self, number: int, login: str, message: str = "Merge") -> str:
        """A person, or the bot over the API, merges."""
        pull = self.pull(number)
        commit = self.git.merge(pull["branch"], message)
        pull.update(state="closed", merged=True, merge_commit_sha=commit, by=login)
        return commit

    def close(self, number: int, login: str) -> None:
        self.pull(number).update(state="closed", by=login)

    def check(self, commit: str, name: str, conclusion: str | None) -> None:
        """A check run; None is one that still runs."""
        run = {"name": name, "conclusion": conclusion, "status": "in_progress"}
        others = [one for one in self.checks.get(commit, []) if one["name"] != name]
        self.checks[commit] = [*others, run]

    def pull(self, number: int) -> dict[str, Any]:
        for pull in self.pulls:
            if pull["number"] == number:
                return pull
        raise HTTPException(404, "Not Found")

    def shown(self, pull: dict[str, Any]) -> dict[str, Any]:
        """As the API shows it."""
        by = {"login": pull["by"]} if pull["by"] else None
        return {
            **{key: pull[key] for key in ("number", "title", "body", "state", "merged")},
            "html_url": f"https://github.example/{REPO}/pull/{pull['number']}",
            "head": {"ref": pull["branch"], "sha": self.git.head(pull["branch"])},
            "merge_commit_sha": pull["merge_commit_sha"],
            "merged_by": by if pull["merged"] else None,
            "closed_by": by,
        }

    def _time(self) -> str:
        said = [*self.comments.values(), *self.reviews.values()]
        return TIME.format(sum(len(one) for one in said))


def _app(hub: FakeGitHub) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def door(request: Request, call_next: Any) -> Any:
        hub.calls.append(f"{request.method} {request.url.path.removeprefix(f'/repos/{REPO}')}")
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"message": "Bad credentials"}, 401)
        if hub.fail:
            status = hub.fail.pop(0)
            return JSONResponse({"message": f"told to answer {status}"}, status)
        return await call_next(request)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"message": error.detail}, error.status_code)

    @app.exception_handler(Refused)
    async def git_refused(request: Request, error: Refused) -> JSONResponse:
        return JSONResponse({"message": str(error)}, error.status)

    _git_routes(app, hub)
    _pull_routes(app, hub)
    _check_routes(app, hub)
    return app


def _git_routes(app: FastAPI, hub: FakeGitHub) -> None:
    at = f"/repos/{REPO}"

    @app.get(at + "/commits/{ref:path}/check-runs")
    async def check_runs(ref: str) -> Any:
        return {"check_runs": hub.checks.get(ref, [])}

    @app.get(at + "/commits/{ref:path}/status")
    async def status(ref: str) -> Any:
        return {"statuses": hub.statuses.get(ref, [])}

    @app.get(at + "/commits/{ref:path}")
    async def commit(ref: str) -> Any:
        return hub.git.commit(ref)

    @app.get(at + "/compare/{base}...{head}")
    async def compare(base: str, head: str) -> Any:
        return {"merge_base_commit": {"sha": hub.git.merge_base(base, head)}}

    @app.get(at + "/git/trees/{sha}")
    async def tree(sha: str, recursive: str = "") -> Any:
        return {"sha": sha, "tree": hub.git.tree(sha, bool(recursive)), "truncated": False}

    @app.get(at + "/git/blobs/{sha}")
    async def blob(sha: str) -> Any:
        content = base64.encodebytes(hub.git.blob(sha)).decode()
        return {"sha": sha, "encoding": "base64", "content": content}

    @app.get(at + "/git/ref/heads/{branch:path}")
    async def ref(branch: str) -> Any:
        return {"ref": f"refs/heads/{branch}", "object": {"sha": hub.git.head(branch)}}

    @app.post(at + "/git/trees", status_code=201)
    async def make_tree(request: Request) -> Any:
        body = await request.json()
        return {"sha": hub.git.make_tree(body["base_tree"], body["tree"])}

    @app.post(at + "/git/commits", status_code=201)
    async def make_commit(request: Request) -> Any:
        return {"sha": hub.git.make_commit(await request.json())}

    @app.post(at + "/git/refs", status_code=201)
    async def make_ref(request: Request) -> Any:
        body = await request.json()
        hub.git.create(body["ref"].removeprefix("refs/heads/"), body["sha"])
        return {"ref": body["ref"]}

    @app.patch(at + "/git/refs/heads/{branch:path}")
    async def move_ref(branch: str, request: Request) -> Any:
        hub.git.fast_forward(branch, (await request.json())["sha"])
        return {"ref": f"refs/heads/{branch}"}


def _pull_routes(app: FastAPI, hub: FakeGitHub) -> None:
    at = f"/repos/{REPO}/pulls"

    @app.get(at)
    async def pulls(head: str, base: str, state: str) -> Any:
        branch = head.removeprefix(f"{REPO.partition('/')[0]}:")
        found = [one for one in hub.pulls if one["branch"] == branch and base == "main"]
        return [hub.shown(one) for one in reversed(found) if state in ("all", one["state"])]

    @app.post(at, status_code=201)
    async def make(request: Request) -> Any:
        body = await request.json()
        head = hub.git.head(body["head"])
        for name in hub.checking:
            hub.check(head, name, None)
        pull = {
            "number": len(hub.pulls) + 1,
            "title": body["title"],
            "body": body["body"],
            "branch": body["head"],
            "state": "open",
            "merged": False,
            "merge_commit_sha": None,
            "by": None,
        }
        hub.pulls.append(pull)
        return hub.shown(pull)

    @app.get(at + "/{number}")
    async def one(number: int) -> Any:
        return hub.shown(hub.pull(number))

    @app.patch(at + "/{number}")
    async def change(number: int, request: Request) -> Any:
        if (await request.json()).get("state") == "closed":
            hub.close(number, BOT)
        return hub.shown(hub.pull(number))

    @app.get(at + "/{number}/reviews")
    async def reviews(number: int) -> Any:
        return hub.reviews.get(number, [])

    @app.get(at + "/{number}/files")
    async def files(number: int) -> Any:
        return [{"filename": path} for path in hub.git.changed(hub.pull(number)["branch"])]

    @app.put(at + "/{number}/merge")
    async def merge(number: int, request: Request) -> Any:
        body, pull = await request.json(), hub.pull(number)
        if pull["state"] != "open":
            raise HTTPException(405, "Pull Request is not mergeable")
        if hub.git.head(pull["branch"]) != body["sha"]:
            raise HTTPException(409, "Head branch was modified. Review and try the merge again.")
        message = f"{body['commit_title']}\n\n{body['commit_message']}"
        return {"sha": hub.merge(number, BOT, message), "merged": True}


def _check_routes(app: FastAPI, hub: FakeGitHub) -> None:
    at = f"/repos/{REPO}"

    @app.post(at + "/statuses/{sha}", status_code=201)
    async def set_status(sha: str, request: Request) -> Any:
        hub.statuses.setdefault(sha, []).append(await request.json())
        return {}

    @app.get(at + "/issues/{number}")
    async def issue(number: int) -> Any:
        return hub.shown(hub.pull(number))

    @app.get(at + "/issues/{number}/comments")
    async def comments(number: int) -> Any:
        return hub.comments.get(number, [])

    @app.post(at + "/issues/{number}/comments", status_code=201)
    async def comment(number: int, request: Request) -> Any:
        hub.comment(number, BOT, (await request.json())["body"])
        return {}
