"""Record protection behind one interface: what a direction's keys say, how they are used (RFC 5246, section 6.2.3)."""

from collections.abc import Callable
from typing import Protocol

from rfc5077.reference.keys.protection_aead import AesGcm, ChaCha20
from rfc5077.reference.keys.protection_cbc import EncryptThenMac, MacThenEncrypt
from rfc5077.reference.keys.schedule import DirectionKeys
from rfc5077.reference.keys.suites import Cipher


class RecordProtection(Protocol):
    """Protects, or checks and opens, the records of one direction; counts them by itself from zero."""

    sequence: int

    def seal(self, content_type: int, payload: bytes) -> bytes:
        """The protected fragment for one payload (16,384 octets at most, by the record layer's rule)."""

    def open(self, content_type: int, fragment: bytes) -> bytes:
        """The payload of one protected fragment.

        Raises ProtocolError: bad_record_mac if it does not verify, for whatever reason; record_overflow if the payload
        is longer than a record may be.
        """


def no_entropy(count: int) -> bytes:
    """For a direction that is only read. Raises RuntimeError."""
    raise RuntimeError(f"{count} octets of entropy for a record, where records are only read")


def protect(keys: DirectionKeys, entropy: Callable[[int], bytes] = no_entropy) -> RecordProtection:
    """Protection with these keys. `entropy` gives the initialisation vectors of AES-CBC; other ciphers need none."""
    if keys.suite.cipher is Cipher.AES_GCM:
        return AesGcm(keys)
    if keys.suite.cipher is Cipher.CHACHA20_POLY1305:
        return ChaCha20(keys)
    return EncryptThenMac(keys, entropy) if keys.encrypt_then_mac else MacThenEncrypt(keys, entropy)
