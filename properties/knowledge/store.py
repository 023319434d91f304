"""Results that are slow to compute, kept under the digest of what they depend on.

Two places are asked: data that is part of the package, then files in the user's cache folder.  A result is written
there as soon as it is known, whole or not at all, so that whatever was interrupted goes on where it was.  A file that
cannot be read counts as absent.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkstemp
from typing import TypeAlias, cast

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def cache_folder(name: str) -> Path:
    """Where results of this name are kept for the user: under ``XDG_CACHE_HOME``, or ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    home = Path(base) if base and Path(base).is_absolute() else Path("~/.cache").expanduser()
    return home / "rfc5077" / name


class Store:
    """Results by digest.

    Attributes:
        taken: the digests of results that were found here.
        added: the digests of results that were put here.
        trouble: why the cache folder cannot be written; empty while it can.
    """

    def __init__(self, packaged: Mapping[str, Json], folder: Path, *, fresh: bool = False) -> None:
        """With `fresh` nothing that is here is used; what is put here replaces it."""
        self._packaged = {} if fresh else packaged
        self._folder = folder
        self._fresh = fresh
        self.taken: set[str] = set()
        self.added: set[str] = set()
        self.trouble = ""

    def get(self, digest: str) -> Json:
        """The result under this digest; nothing if there is none."""
        found = self._packaged.get(digest)
        if found is None and not self._fresh:
            found = self._read(digest)
        if found is not None:
            self.taken.add(digest)
        return found

    def put(self, digest: str, value: Json) -> None:
        """Keep a result; where the folder cannot be written, that is said once and nothing is kept."""
        self.added.add(digest)
        if self.trouble:
            return
        path = self._path(digest)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, neighbour = mkstemp(dir=path.parent, prefix=".")
            with open(handle, "w", encoding="utf-8") as file:
                json.dump({"digest": digest, "result": value}, file, ensure_ascii=False)
            Path(neighbour).replace(path)
        except OSError as error:
            self.trouble = f"nothing is kept for the next run: cannot write {path}: {error.strerror}"

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / f"{digest}.json"

    def _read(self, digest: str) -> Json:
        """What the file says, if it is whole and is the one that was meant."""
        path = self._path(digest)
        if not path.is_file():
            return None
        try:
            found = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(found, dict) or found.get("digest") != digest:
            return None
        return cast(Json, found.get("result"))
