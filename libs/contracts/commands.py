"""Commands that pages and pull requests tell people to type: one wording, the CLI's."""


def rollback_command(agent: str, digest: str) -> str:
    """Serve an earlier config again."""
    return f"pawl rollback {agent} --to {digest}"
