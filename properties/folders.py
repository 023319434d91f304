"""Folders that a command fills: written whole or not at all, and never over what is not ours.

A folder of ours has a manifest that names its files; what was there is replaced only if it is all ours, so that old and
new never mix.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rfc5077.properties.errors import UsageError

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Kind:
    """What a folder holds, in words; the schema of its manifest; the files that the manifest does not name."""

    what: str
    schema: str
    besides: frozenset[str] = frozenset()


def usable(folder: Path, kind: Kind) -> Path:
    """Where the files will be, after it is known that they can be written there; nothing is left behind.

    Raises:
        UsageError: the place cannot be written, or holds what is not ours.
    """
    place = Path(os.path.realpath(folder))
    if place.exists() and not place.is_dir():
        raise UsageError(f"cannot write {kind.what} to {folder}: it is no folder")
    with _refusing(folder, kind):
        strange = sorted(_strangers(place, kind))
        ancestor = next(parent for parent in place.parents if parent.exists())
        os.rmdir(tempfile.mkdtemp(dir=ancestor, prefix=f".{place.name}."))
    if strange:
        advice = "Name a folder that is new, empty, or was written by this command"
        raise UsageError(f"cannot write {kind.what} to {folder}: it holds {strange[0]}, which is not ours", advice)
    if os.path.ismount(place):
        raise UsageError(f"cannot write {kind.what} to {folder}: it is a mount", "Name a folder within it")
    return place


def write(place: Path, kind: Kind, fill: Callable[[Path], None]) -> None:
    """Lets ``fill`` write the files into a new folder beside the place, then takes the place over.

    Raises:
        UsageError: that failed; what was in the place is still there.
    """
    with _refusing(place, kind):
        made = [parent for parent in place.parents if not parent.exists()]
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}."))
        done = False
        try:
            new = beside / "new"
            new.mkdir()
            fill(new)
            _take_over(place, new, beside / "old")
            done = True
        finally:
            shutil.rmtree(beside, ignore_errors=True)
            for parent in [] if done else made:
                parent.rmdir()


@contextmanager
def _refusing(folder: Path, kind: Kind) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"cannot write {kind.what} to {folder}: {error.strerror}") from error


def _take_over(place: Path, new: Path, old: Path) -> None:
    """Old out, new in; the old comes back if the new cannot be put there."""
    if not place.exists():
        new.rename(place)
        return
    place.rename(old)
    try:
        new.rename(place)
    except OSError:
        old.rename(place)
        raise


def _strangers(place: Path, kind: Kind) -> set[str]:
    """What is in the place and is not ours: all that its manifest does not name."""
    found = {str(path.relative_to(place)) for path in place.rglob("*") if not path.is_dir()}
    ours = _named(place / MANIFEST, kind)
    return found - ours - (kind.besides if ours else frozenset())


def _named(manifest: Path, kind: Kind) -> set[str]:
    """The files that a manifest of ours names, with itself."""
    try:
        body = json.loads(manifest.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return set()
    ours = isinstance(body, dict) and body.get("schema") == kind.schema and isinstance(body.get("files"), dict)
    return {MANIFEST, *body["files"]} if ours else set()
