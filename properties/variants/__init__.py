"""Conformant endpoints by id: the reference with another permitted choice each. They have to survive every test."""

from __future__ import annotations

from types import ModuleType

from rfc5077.properties.variants import client, server, server_sessions
from rfc5077.properties.variants.variant import Variant

ROOMS = (server, server_sessions, client)


def _of(room: ModuleType) -> list[Variant]:
    return [value for value in vars(room).values() if isinstance(value, Variant)]


VARIANTS: dict[str, Variant] = {
    one.id: one for one in sorted((one for room in ROOMS for one in _of(room)), key=lambda one: one.row)
}
"""Every variant, in the order of the rows."""
