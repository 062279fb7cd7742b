"""Commands that pages and pull requests tell people to type: one wording, the CLI's."""


def rollback_command(agent: str, digest: str) -> str:
    """Serve an earlier config again. A test runs it through the real command line."""
    return f'pawl config rollback {agent} --to-digest {digest} --reason "why"'
