"""Files of ticket keys as servers keep them: nginx's, Apache's and OpenSSL's octets, HAProxy's lines, and our own."""

import base64
import binascii

from rfc5077.reference.ticket.aead_format import AeadKey
from rfc5077.reference.ticket.format import KEY_OCTETS, TicketKey
from rfc5077.reference.ticket.key_ring import SealingKey
from rfc5077.reference.ticket.openssl_format import KEY_LENGTHS, OpenSslKey

FEWEST_LINES = 3
"""HAProxy refuses a file with fewer, and of more uses these last."""


def parse_key_file(octets: bytes, context: bytes | None = None, *, aead: bool = False) -> tuple[SealingKey, ...]:
    """The keys of a file, the one that seals first; `context` as in `OpenSslKey`.

    A file of 48 or 80 octets is one key (nginx, Apache, OpenSSL), one of 64 octets one of section 4's format; else it
    is lines of base64, one OpenSSL key each, where the last but one seals and the last is the next one's (HAProxy).
    With `aead` it is one key of AES-256-GCM, which has 48 octets too: nothing in the file tells the two apart.

    Raises:
        ValueError: it is none of these; says why, without any of its octets.
    """
    if aead:
        return (AeadKey.split(octets),)
    if len(octets) == KEY_OCTETS:
        return (TicketKey.split(octets),)
    if len(octets) in KEY_LENGTHS:
        return (OpenSslKey.split(octets, context),)
    try:
        lines = [base64.b64decode(line, validate=True) for line in octets.split()]
    except binascii.Error:
        lines = []
    if not lines or any(len(line) not in KEY_LENGTHS for line in lines):
        raise ValueError(f"{len(octets)} octets are neither a key of 48, 64 or 80 octets nor lines of such in base64")
    if len(lines) < FEWEST_LINES:
        raise ValueError(f"{len(lines)} lines of keys, where at least {FEWEST_LINES} are needed")
    if len({len(line) for line in lines}) > 1:
        raise ValueError("lines with keys of 48 and of 80 octets in one file")
    before, sealing, following = lines[-FEWEST_LINES:]
    return tuple(OpenSslKey.split(key, context, haproxy=True) for key in (sealing, following, before))
