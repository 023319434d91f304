"""Drivers that have to be compiled: once for each text of them, kept in the user's cache."""

import hashlib
import os
import shutil
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from rfc5077.properties.matrix.process import NotInstalled, program

PROGRAMS = Path(__file__).parent / "programs"

BUILD_SECONDS = 1200.0
"""That a step may take."""

_LOCK = threading.Lock()


@dataclass(frozen=True)
class Recipe:
    """How a driver is made.

    Attributes:
        sources: files of `programs/`, and what each is called where it is built.
        steps: the commands, run there one after the other; the first word of each is found on the path.
        package: what brings these commands, in words.
        environment: variables for them.
    """

    sources: Mapping[str, str]
    steps: Sequence[Sequence[str]]
    package: str
    environment: Mapping[str, str] = field(default_factory=dict)


def cache() -> Path:
    """Where compiled drivers are kept: XDG_CACHE_HOME, or what stands for it."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home, "rfc5077", "matrix")


def built(name: str, recipe: Recipe) -> Path:
    """The folder in which a driver was built, now or before. Raises NotInstalled if that is not possible."""
    place = cache() / f"{name}-{_digest(recipe)}"
    with _LOCK:
        if not place.is_dir():
            cache().mkdir(parents=True, exist_ok=True)
            folder = Path(mkdtemp(prefix=f"{name}_", dir=cache()))
            try:
                _build(recipe, folder)
                folder.rename(place)
            except BaseException:
                shutil.rmtree(folder)
                raise
    return place


def _digest(recipe: Recipe) -> str:
    told = (sorted(recipe.sources.items()), list(map(tuple, recipe.steps)), sorted(recipe.environment.items()))
    digest = hashlib.sha256(repr(told).encode())
    for source in sorted(recipe.sources):
        digest.update((PROGRAMS / source).read_bytes())
    return digest.hexdigest()[:16]


def _build(recipe: Recipe, folder: Path) -> None:
    for source, called in recipe.sources.items():
        (folder / called).parent.mkdir(exist_ok=True)
        shutil.copyfile(PROGRAMS / source, folder / called)
    for name, *arguments in recipe.steps:
        command = [program(name, recipe.package), *arguments]
        environment = {**os.environ, **recipe.environment}
        done = subprocess.run(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=BUILD_SECONDS, check=False,
        )  # fmt: skip
        if done.returncode:
            said = [line for line in (done.stderr + done.stdout).splitlines() if "error" in line] or ["no reason given"]
            raise NotInstalled(f"its driver cannot be built by {name}: {said[0].strip()[:200]}")
