"""Documents that were slow to work out and are kept beside this module: read once, digests of what they came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

DIGITS = 16
"""How many hexadecimal digits of a SHA-256 stand for a source."""


@cache
def kept(name: str) -> dict[str, object]:
    """The document of this name; empty if it is not there yet.  ValueError if it is no JSON object."""
    place = files("rfc5077.properties.knowledge").joinpath(f"{name}.json")
    if not place.is_file():
        return {}
    found: object = json.loads(place.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise ValueError(f"{name}.json holds no object")
    return found


def digest(octets: bytes) -> str:
    """What stands for these octets."""
    return hashlib.sha256(octets).hexdigest()[:DIGITS]


def digest_of(root: Path, patterns: Iterable[str]) -> str:
    """What stands for all files below a folder that match one of the patterns, their names included."""
    found = sorted({path for pattern in patterns for path in root.glob(pattern)})
    total = hashlib.sha256()
    for path in found:
        total.update(f"{path.relative_to(root).as_posix()} {digest(path.read_bytes())}\n".encode())
    return total.hexdigest()[:DIGITS]
