"""The `rfc5077` command: arguments in, exit code out, and the only place where a usage error becomes one line.

Nothing heavy is imported here or in a command family: each verb fetches its engine when it is called, so that
``rfc5077 --help`` answers at once.
"""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from operator import methodcaller
from typing import Annotated

import typer

from rfc5077 import __version__
from rfc5077.properties.cli.check import check
from rfc5077.properties.cli.compare import compare
from rfc5077.properties.cli.consult import clause, judge
from rfc5077.properties.cli.documents import site
from rfc5077.properties.cli.endpoints import connect, serve
from rfc5077.properties.cli.fuzz import fuzz
from rfc5077.properties.cli.interoperate import matrix
from rfc5077.properties.cli.learn import learn
from rfc5077.properties.cli.measure import bench
from rfc5077.properties.cli.output import INTERRUPTED, UNUSABLE
from rfc5077.properties.cli.panels import Paneled
from rfc5077.properties.cli.prove import prove
from rfc5077.properties.cli.replay import replay
from rfc5077.properties.cli.tickets import ticket
from rfc5077.properties.errors import UsageError

EXAMPLES = """Three commands to begin with:

\b
  rfc5077 prove
  rfc5077 check server python-ssl
  rfc5077 clause R5077-3.3-02
"""

app = typer.Typer(
    help="RFC 5077, TLS 1.2 session tickets: proofs, a test suite, a judge and reference endpoints.",
    epilog=EXAMPLES,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

MISTYPED: type[Exception] = typer.BadParameter.__bases__[0]
"""What typer raises for arguments that it cannot read; releases differ in its home, not in its rank."""

app.command("prove")(prove)
app.command("check")(check)
app.command("judge")(judge)
app.command("clause")(clause)
app.command("site")(site)
app.command("serve", cls=Paneled)(serve)
app.command("connect", cls=Paneled)(connect)
app.command("bench")(bench)
app.command("fuzz")(fuzz)
app.command("matrix")(matrix)
app.command("compare")(compare)
app.command("replay")(replay)
app.command("learn")(learn)
app.add_typer(ticket, name="ticket")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rfc5077 {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")]


@app.callback()
def top(version: Version = False) -> None:
    """Options that stand before the verb."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line (without the program's name) and return its exit code."""
    try:
        answer: object = app(list(arguments) or ["--help"], prog_name="rfc5077", standalone_mode=False)
        sys.stdout.flush()
    except UsageError as error:
        return _refuse(error)
    except MISTYPED as error:
        return _refuse(UsageError(str(methodcaller("format_message")(error)), f"See: {_nearest_help(arguments)}"))
    except (KeyboardInterrupt, typer.Abort):
        print("rfc5077: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has left, as `head` does
        _give_up_output()
        return UNUSABLE
    except OSError as error:  # what a command itself opens is refused where it is opened: this is our own output
        _give_up_output()
        return _refuse(UsageError(f"cannot write the output: {error.strerror}"))
    return answer if isinstance(answer, int) else 0


def main() -> None:
    """Run the process's own command line and leave with its exit code."""
    if sys.stdout is None:
        sys.exit(_refuse(UsageError("there is nowhere to write to: standard output is closed")))
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a locale without our signs is no reason to fail
    sys.exit(run(sys.argv[1:]))


def _give_up_output() -> None:
    """Nothing more is written, not even what the interpreter would flush at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse(error: UsageError) -> int:
    print(f"rfc5077: {error}", file=sys.stderr)
    return UNUSABLE


def _nearest_help(arguments: Sequence[str]) -> str:
    """The help command that covers what was typed."""
    verbs = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    return " ".join(["rfc5077", *(word for word in arguments[:1] if word in verbs), "--help"])
