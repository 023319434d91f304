"""How much of the reference the kept inputs reach: `python tests/fuzz/lines.py`, a line for each room.

Counted are the lines inside functions, because the others run when a module is imported.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType

from rfc5077 import reference
from rfc5077.properties.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
ROOMS = Path(reference.__file__).parent


def inputs(name: str) -> Iterator[bytes]:
    """What is kept for a target, and what it begins with."""
    yield from (path.read_bytes() for path in sorted((CORPUS / name).iterdir()))
    yield from TARGETS[name].seeds()


def lines_inside_functions(code: CodeType, inside: bool = False) -> set[int]:
    """Of a compiled module, the first line of each function left out."""
    found = {line for *_, line in code.co_lines() if line and line != code.co_firstlineno} if inside else set()
    for part in code.co_consts:
        if isinstance(part, CodeType):
            found |= lines_inside_functions(part, inside or "__qualname__" not in part.co_names)
    return found


def reached() -> dict[str, set[int]]:
    """The lines of each file that the inputs of all targets run through."""
    found: dict[str, set[int]] = defaultdict(set)

    def follow(frame: FrameType, event: str, _: object):
        if not frame.f_code.co_filename.startswith(str(ROOMS)):
            return None
        found[frame.f_code.co_filename].add(frame.f_lineno)
        return follow

    everything = [(target, octets) for name, target in TARGETS.items() for octets in inputs(name)]
    sys.settrace(follow)
    for target, octets in everything:
        target.run(octets)
    sys.settrace(None)
    return found


def shares() -> dict[str, tuple[int, int]]:
    """For each room that is reached: lines reached, lines there are."""
    seen, there, every = reached(), Counter(), Counter()
    for path in sorted(ROOMS.rglob("*.py")):
        room = path.relative_to(ROOMS).parts[0].removesuffix(".py")
        lines = lines_inside_functions(compile(path.read_text(encoding="utf-8"), str(path), "exec"))
        every[room] += len(lines)
        there[room] += len(lines & seen.get(str(path), set()))
    return {room: (there[room], count) for room, count in every.items() if there[room]}


if __name__ == "__main__":
    for room, (lines, count) in shares().items():
        print(f"{room}: {lines} of {count} lines, {100 * lines // count} %")
