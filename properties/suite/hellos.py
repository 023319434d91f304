"""Changes of hellos, whoever's."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from rfc5077.reference.wire.hello import ClientHello, Extensions, ServerHello

Hello = TypeVar("Hello", ClientHello, ServerHello)


def with_extension(hello: Hello, kind: int, body: bytes = b"") -> Hello:
    """The hello with this extension in the place of any other of its kind."""
    others: Extensions = tuple(pair for pair in hello.extensions if pair[0] != kind)
    return replace(hello, extensions=(*others, (kind, body)))


def without_extension(hello: Hello, kind: int) -> Hello:
    """The hello less the extensions of this kind."""
    return replace(hello, extensions=tuple(pair for pair in hello.extensions if pair[0] != kind))
