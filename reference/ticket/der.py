"""The little of DER (X.690) that OpenSSL's session needs: definite lengths, tags of one octet, integers that fit."""

from collections.abc import Iterator

INTEGER, OCTET_STRING, SEQUENCE = 0x02, 0x04, 0x30
EXPLICIT = 0xA0
"""Tag of the explicit field number 0; field number n has `EXPLICIT + n` (n < 31)."""


def element(tag: int, content: bytes) -> bytes:
    """One element: tag, length, content (less than 2**24 octets)."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + length.to_bytes(size, "big") + content


def integer(value: int) -> bytes:
    """An INTEGER that is not negative."""
    return element(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octet_string(value: bytes) -> bytes:
    """An OCTET STRING."""
    return element(OCTET_STRING, value)


def elements(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element in turn. Raises ValueError where octets are no DER of this kind."""
    at = 0
    while at < len(octets):
        if at + 2 > len(octets) or octets[at] & 0x1F == 0x1F:
            raise ValueError(f"no element at octet {at}")
        tag, length = octets[at], octets[at + 1]
        at += 2
        if length >= 0x80:
            size = length & 0x7F
            field = octets[at : at + size]
            length = int.from_bytes(field, "big")
            if not 1 <= size <= 3 or len(field) != size or field[0] == 0 or length < 0x80:
                raise ValueError(f"no length at octet {at}")
            at += size
        if at + length > len(octets):
            raise ValueError(f"an element beyond the end at octet {at}")
        yield tag, octets[at : at + length]
        at += length


def only(octets: bytes, tag: int) -> bytes:
    """The content of the one element there is. Raises ValueError if it is another, or not alone."""
    found = list(elements(octets))
    if len(found) != 1 or found[0][0] != tag:
        raise ValueError(f"not one element with tag {tag:#x}")
    return found[0][1]


def number(content: bytes, most: int = 2**63 - 1) -> int:
    """The value of an INTEGER's content. Raises ValueError unless it is in the shortest form and from 0 to `most`."""
    if not content or content[0] & 0x80 or (len(content) > 1 and content[0] == 0 and not content[1] & 0x80):
        raise ValueError("an INTEGER that is negative or not in the shortest form")
    value = int.from_bytes(content, "big")
    if value > most:
        raise ValueError(f"an INTEGER above {most}")
    return value
