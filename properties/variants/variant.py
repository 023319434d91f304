"""What a variant is: the reference with another choice that the text permits, by a small declared edit.

A tester owes every variant silence: whatever it says of one is a false alarm. A variant is written as a function that
returns the edit; its docstring says what the endpoint does. Each call gives a new edit, with nothing remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import getdoc

from rfc5077.properties.adapters.peer import AnyPeer, Role
from rfc5077.properties.faults.fault import ClientEdit, ServerEdit

Edit = Callable[[], ServerEdit] | Callable[[], ClientEdit]


@dataclass(frozen=True)
class Variant:
    """A conformant endpoint that is not the reference.

    Attributes:
        row: N-nn, the permission of which this is one use.
        name: tells the uses of one permission apart.
        text: what the endpoint does.
        permitted_by: the clauses and corner cases that leave the choice open.
        edit: what is different, anew with each call.
        shared: whether the reference does the same by default; then nothing differs, and the permission is only named.
    """

    row: str
    name: str
    text: str
    permitted_by: tuple[str, ...]
    edit: Edit
    shared: bool = False

    @property
    def id(self) -> str:
        """Row and name."""
        return f"{self.row}-{self.name}"

    @property
    def role(self) -> Role:
        """Whose choice it is."""
        return "server" if isinstance(self.edit(), ServerEdit) else "client"

    def make(self) -> AnyPeer:
        """A peer of this kind that has seen nobody."""
        return self.edit().peer()


def variant(row: str, *permitted_by: str, shared: bool = False) -> Callable[[Edit], Variant]:
    """Decorator that makes a `Variant` of a function returning the edit; it registers nothing."""

    def made(edit: Edit) -> Variant:
        text = " ".join((getdoc(edit) or "").split())
        return Variant(row, edit.__name__.strip("_").replace("_", "-"), text, permitted_by, edit, shared)

    return made
