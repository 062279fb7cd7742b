"""What pages tell people to type is understood by the command line."""

import shlex

from pawl_sdk.cli.entry import make_app
from pawl_sdk.client import ServerUnreachable
from typer.testing import CliRunner

from libs.contracts.commands import rollback_command


def test_the_rollback_command_parses_and_only_lacks_a_platform() -> None:
    words = shlex.split(rollback_command("procurement", "sha256:" + "0" * 64))
    result = CliRunner().invoke(make_app(), ["--url", "http://127.0.0.1:9", *words[1:]])
    assert isinstance(result.exception, ServerUnreachable), result.output
