"""`GET /api/v1/config-repo/{agent}` on review_gate: the files of one agent at one commit."""

from libs.contracts.base import Model


class ConfigFiles(Model):
    """`files` are relative to the agent's folder, e.g. `rules.yaml`, `prompts/system.md`."""

    agent: str
    commit: str
    digest: str
    files: dict[str, str]
