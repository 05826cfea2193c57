"""`postlotse` called as from a shell, in this process."""

from typer.testing import CliRunner

from rules.errors import HouseError
from triage.cli import app as cli

RUN = CliRunner()


def call(*words: object, code: int = 0) -> str:
    """What it printed; it must end with that exit code. The log goes to standard error."""
    result = RUN.invoke(cli.app, [str(word) for word in words])
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout


def refused(*words: object) -> HouseError:
    """The error that the command ends with."""
    result = RUN.invoke(cli.app, [str(word) for word in words])
    assert isinstance(result.exception, HouseError), (result.output, result.exception)
    return result.exception


def refusal(*words: object) -> str:
    """The stable code of the error that the command ends with."""
    return refused(*words).code
