"""What `serve` and `connect` are to negotiate, from what was typed: names become code points, or are refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from rfc5077.properties.cli.names import find_name
from rfc5077.properties.errors import UsageError

if TYPE_CHECKING:
    from rfc5077.reference.handshake.config import ClientConfig, ServerConfig
    from rfc5077.reference.keys.suites import Group

Code = TypeVar("Code")


@dataclass(frozen=True)
class Choices:
    """What one side speaks; what nobody restricted is everything that the reference has.

    Attributes:
        protocols: application protocols (ALPN) by preference.
        suites, groups: cipher suites and curves, by preference.
        ems: whether RFC 7627 is spoken.
    """

    protocols: tuple[str, ...]
    suites: tuple[int, ...]
    groups: tuple[Group, ...]
    ems: bool


def choices_of(alpn: str | None, suites: str | None, groups: str | None, no_ems: bool) -> Choices:
    """What was typed, as values.

    Raises:
        UsageError: a name is unknown (says the nearest), or cannot be a protocol's.
    """
    from rfc5077.reference.keys.suites import ALL_GROUPS, ALL_SUITES, SUITES, Group

    all_suites = {SUITES[code].name: code for code in ALL_SUITES}
    all_groups = {group.name: group for group in ALL_GROUPS}
    all_groups |= {"P-256": Group.SECP256R1, "P-384": Group.SECP384R1}
    return Choices(
        () if alpn is None else _protocols(alpn),
        ALL_SUITES if suites is None else _codes("cipher suite", suites, all_suites),
        ALL_GROUPS if groups is None else _codes("curve", groups, all_groups),
        not no_ems,
    )


def agreed(config: ClientConfig | ServerConfig, protocol: str | None, suite: str | None) -> list[str]:
    """What came of the choices that somebody made: the protocol if there were any, the suite if not all were there."""
    from rfc5077.reference.keys.suites import ALL_SUITES

    said = [f"protocol {protocol}" if protocol else "no protocol"] if config.protocols else []
    return [*said, suite] if suite and set(config.suites) != set(ALL_SUITES) else said


def _protocols(typed: str) -> tuple[str, ...]:
    names = tuple(typed.split(","))
    for name in names:
        if not name.isascii() or not name.isprintable() or not 1 <= len(name) <= 255:  # RFC 7301, section 3.1
            raise UsageError(f"--alpn: {name!r} is not of 1 to 255 ASCII characters", "For example: --alpn h2,http/1.1")
    return names


def _codes(what: str, typed: str, known: Mapping[str, Code]) -> tuple[Code, ...]:
    """The code points of the names between commas, each once, however their letters are cased."""
    names = [name.strip().upper() for name in typed.split(",")]
    if "" in names:
        raise UsageError(f"{typed!r} is no list of names of a {what}", f"For example: {','.join(list(known)[:2])}")
    return tuple(dict.fromkeys(known[find_name(what, name, known, likeness=0.0)] for name in names))
