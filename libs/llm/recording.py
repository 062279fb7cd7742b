"""Replies on disk, by what was asked: the same question gets the same answer again."""

import hashlib
import json
from pathlib import Path
from typing import Any

from libs.llm.errors import ReplyMissing


class Recording:
    """One JSON file a reply, named by the hash of the request; holds no key and no header."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, request: dict[str, Any]) -> dict[str, Any]:
        """The recorded reply, or `ReplyMissing` that names the file it looked for."""
        path = self._path(request)
        if not path.exists():
            raise ReplyMissing(f"no recorded reply at {path}: record this question first")
        reply: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["reply"]
        return reply

    def keep(self, request: dict[str, Any], reply: dict[str, Any]) -> None:
        """Written whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(request)
        fresh = path.with_suffix(".new")
        text = json.dumps({"request": request, "reply": reply}, indent=1, sort_keys=True)
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)

    def _path(self, request: dict[str, Any]) -> Path:
        text = json.dumps(request, sort_keys=True, separators=(",", ":"))
        return self._folder / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.json"
