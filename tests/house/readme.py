"""The commands of README.md, read from its fenced blocks; run as a program, it prints the test command.

`.ci/run` gets the command that it runs from here, so the README and the gate cannot drift apart. Standard library only:
the gate calls it before anything is installed.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(text: str | None = None) -> list[str]:
    """Every command line of the `sh` blocks, in reading order; text: the README's own unless given."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8") if text is None else text
    lines = [line.strip() for block in _BLOCK.findall(readme) for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def only(pattern: str) -> str:
    """The one command that matches the regular expression; ValueError unless there is exactly one."""
    found = [command for command in commands() if re.search(pattern, command)]
    if len(found) != 1:
        raise ValueError(f"{len(found)} commands of README.md match {pattern!r}, not one")
    return found[0]


def install_command() -> str:
    """The command that installs and runs the main job."""
    return only(r"rfc5077 prove && ")


def test_command() -> str:
    """The command that installs and runs all tests but those marked peer."""
    return only(r"bin/pytest")


def certificates_command() -> str:
    """The command that writes a certificate for each theorem."""
    return only(r"prove --certificates")


if __name__ == "__main__":
    print(test_command())
