"""Which files an agent's config folder may hold."""

import re

from pawl_sdk.bundle.errors import BundleError

AGENT_FILE = "agent.yaml"
RULES_FILE = "rules.yaml"

_PATH = re.compile(
    r"agent\.yaml|rules\.yaml"
    r"|prompts/[a-z0-9][a-z0-9._-]{0,62}\.md"
    r"|(?:context|evaluators)/[a-z0-9][a-z0-9._-]{0,62}\.yaml"
)


def check_path(path: str) -> None:
    """Raise `BundleError` unless the path has a place in the layout."""
    if not _PATH.fullmatch(path):
        raise BundleError(
            "expected agent.yaml, rules.yaml, prompts/<name>.md, context/<name>.yaml or "
            "evaluators/<name>.yaml, names in lower case",
            file=path,
        )


def name_in(path: str) -> str:
    """`system` of `prompts/system.md`."""
    return path.rpartition("/")[2].rpartition(".")[0]
