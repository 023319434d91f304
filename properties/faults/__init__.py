"""Faulty endpoints by id: the reference with one defence less each."""

from __future__ import annotations

from types import ModuleType

from rfc5077.properties.adapters.peer import AnyPeer
from rfc5077.properties.faults import (
    client,
    client_checks,
    client_keeping,
    client_records,
    client_sessions,
    hellos,
    server,
    server_checks,
    server_choices,
    server_keys,
    server_leftovers,
    server_records,
    server_sessions,
    server_tickets,
)
from rfc5077.properties.faults.fault import Fault

ROOMS = (
    server, server_checks, server_choices, server_records, server_tickets, server_keys, server_sessions,
    server_leftovers,
    client, client_checks, client_records, client_keeping, client_sessions, hellos,
)  # fmt: skip


def _of(room: ModuleType) -> list[Fault]:
    return [value for value in vars(room).values() if isinstance(value, Fault)]


def _order(one: Fault) -> tuple[bool, int]:
    role, number = one.id.split("-")
    return role != "S", int(number)


FAULTS: dict[str, Fault] = {
    one.id: one for one in sorted((one for room in ROOMS for one in _of(room)), key=_order)
}
"""Every fault, servers first, in the order of their numbers."""


def faulty(id: str) -> AnyPeer:
    """The reference with the fault of this id. Raises KeyError if there is none."""
    return FAULTS[id].make()
