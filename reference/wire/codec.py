"""The presentation language of RFC 5246, section 4: big-endian integers and vectors with a length in front.

Nobody else does arithmetic on lengths. A `Reader` refuses whatever does not fit, and leftovers; a `Writer` fills
lengths in by itself.
"""

import struct
from types import TracebackType

from rfc5077.reference.alerts import Cause, ProtocolError

_CODES = {1: "B", 2: "H"}
"""Octets of an unsigned integer, as `struct` names them."""

_TYPE_AND_LENGTH = struct.Struct(">HH")


def _too_short(needed: int, left: int) -> ProtocolError:
    return ProtocolError(Cause.MALFORMED, f"{needed} octets are needed, {left} are left")


class Reader:
    """Reads one structure from octets, front to back.

    Every method raises `ProtocolError` (decode_error) when the octets end too early.
    """

    __slots__ = ("_data", "_end", "_position")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0
        self._end = len(data)

    @property
    def remaining(self) -> int:
        """Octets not read yet."""
        return self._end - self._position

    def take(self, count: int) -> bytes:
        """The next `count` octets."""
        start = self._position
        stop = start + count
        if stop > self._end:
            raise _too_short(count, self._end - start)
        self._position = stop
        return self._data[start:stop]

    def integer(self, width: int) -> int:
        """An unsigned integer of `width` octets."""
        start = self._position
        stop = start + width
        if stop > self._end:
            raise _too_short(width, self._end - start)
        self._position = stop
        return int.from_bytes(self._data[start:stop], "big")

    def vector(self, width: int, minimum: int = 0, maximum: int | None = None) -> bytes:
        """A vector whose length stands in front in `width` octets; the bounds are octets."""
        begun, end = self._position, self._end
        start = begun + width
        length = int.from_bytes(self._data[begun:start], "big")  # of fewer octets at the end; refused below
        if length < minimum or (maximum is not None and length > maximum):
            raise ProtocolError(Cause.MALFORMED, f"a vector of {length} octets is out of its bounds")
        stop = start + length
        if stop > end:
            raise _too_short(stop - begun, end - begun)
        self._position = stop
        return self._data[start:stop]

    def typed_vectors(self) -> tuple[tuple[int, bytes], ...]:
        """All that is left: types of two octets, each with a vector that has its length in two: extensions."""
        data, start, end = self._data, self._position, self._end
        found: list[tuple[int, bytes]] = []
        while start != end:
            begun = start + 4
            if begun > end:
                raise _too_short(4, end - start)
            kind, length = _TYPE_AND_LENGTH.unpack_from(data, start)
            start = begun + length
            if start > end:
                raise _too_short(length, end - begun)
            found.append((kind, data[begun:start]))
        self._position = end
        return tuple(found)

    def integers(self, width: int, item: int, minimum: int = 0) -> tuple[int, ...]:
        """A vector of unsigned integers of `item` octets each (1 or 2); `minimum` is in octets."""
        body = self.vector(width, minimum)
        if len(body) % item:
            raise ProtocolError(Cause.MALFORMED, f"a vector of {len(body)} octets does not hold items of {item}")
        return struct.unpack(f">{len(body) // item}{_CODES[item]}", body)

    def rest(self) -> bytes:
        """Everything that is left."""
        return self.take(self._end - self._position)

    def finish(self) -> None:
        """Refuses leftovers (decode_error)."""
        if self._position != self._end:
            raise ProtocolError(Cause.TRAILING_OCTETS, f"{self._end - self._position} octets are left over")


class Writer:
    """Writes one structure; `with out.vector(2): …` puts the length of what is written inside in front of it."""

    __slots__ = ("_data",)

    def __init__(self) -> None:
        self._data = bytearray()

    def integer(self, width: int, value: int) -> None:
        """An unsigned integer of `width` octets. Raises OverflowError if it does not fit."""
        self._data += value.to_bytes(width, "big")

    def raw(self, octets: bytes) -> None:
        """Octets as they are."""
        self._data += octets

    def opaque(self, width: int, octets: bytes) -> None:
        """Octets with their length in front. Raises OverflowError if the length does not fit in `width` octets."""
        self._data += len(octets).to_bytes(width, "big")
        self._data += octets

    def typed_vectors(self, pairs: tuple[tuple[int, bytes], ...]) -> None:
        """Types of two octets, and octets with their length in two. Raises OverflowError if one does not fit."""
        for kind, octets in pairs:
            self._data += kind.to_bytes(2, "big") + len(octets).to_bytes(2, "big") + octets

    def integers(self, width: int, item: int, values: tuple[int, ...]) -> None:
        """A vector of unsigned integers of `item` octets each (1 or 2). Raises OverflowError if one does not fit."""
        try:
            self.opaque(width, struct.pack(f">{len(values)}{_CODES[item]}", *values))
        except struct.error as error:
            raise OverflowError(f"not all of {len(values)} integers fit in {item} octets: {error}") from None

    def vector(self, width: int) -> "_OpenVector":
        """Opens a vector; its length is filled in when the block is left (OverflowError if it does not fit)."""
        return _OpenVector(self._data, width)

    def octets(self) -> bytes:
        """What was written."""
        return bytes(self._data)


class _OpenVector:
    """A length field that waits for its contents."""

    __slots__ = ("_data", "_start", "_width")

    def __init__(self, data: bytearray, width: int) -> None:
        self._data = data
        self._width = width
        self._start = 0

    def __enter__(self) -> None:
        self._data += bytes(self._width)
        self._start = len(self._data)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            length = len(self._data) - self._start
            self._data[self._start - self._width : self._start] = length.to_bytes(self._width, "big")
