"""A stack that a program of our own drives in either role, built first if it has to be."""

import subprocess
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from rfc5077.properties.matrix.build import Recipe, built
from rfc5077.properties.matrix.dialogue import ForeignServer, Word
from rfc5077.properties.matrix.papers import Identity, Papers
from rfc5077.properties.matrix.process import PATIENCE, NotInstalled
from rfc5077.properties.matrix.scripted import client_choices, run_client, run_server, server_choices


@dataclass(frozen=True)
class Driver:
    """One program for both roles, which tells its library's version when asked for ``--version``.

    Attributes:
        name: of the folder where it is built.
        recipe: how it is built.
        command: what runs it, from that folder.
    """

    name: str
    recipe: Recipe
    command: Callable[[Path], tuple[str, ...]] = lambda folder: (str(folder / "driver"),)

    def run(self) -> tuple[str, ...]:
        """The command. Raises NotInstalled."""
        return self.command(built(self.name, self.recipe))

    def version(self) -> str:
        """What it says of its library. Raises NotInstalled."""
        said = subprocess.run(
            [*self.run(), "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=2 * PATIENCE, check=False,
        )  # fmt: skip
        if said.returncode:
            raise NotInstalled(f"its driver does not run: {said.stderr.strip()[:200]}")
        return said.stdout.strip()

    def server(
        self, papers: Papers, identity: Identity, *, tickets: bool = True, client_auth: bool = False
    ) -> AbstractContextManager[ForeignServer]:
        """A server."""
        return run_server(self.run(), identity, *server_choices(papers, tickets, client_auth))

    def client(
        self, papers: Papers, address: tuple[str, int], count: int, *, identity: Identity, roots: str | None = None,
        tickets: bool = True, own: Identity | None = None, names: Sequence[str] = (),
    ) -> list[Word]:  # fmt: skip
        """Connections of one client."""
        choices = client_choices(papers, identity, roots, tickets, own, names)
        return run_client(self.run(), address[1], count, *choices)
