"""Record protection by AES-CBC and HMAC: as in RFC 5246, section 6.2.3.2, and encrypt-then-MAC (RFC 7366, section 3).

Every record has an unpredictable initialisation vector of its own, drawn from the entropy passed in and sent in front.

Where the HMAC is under the encryption, a forger must not learn whether padding or HMAC was wrong. There is one error
for both, raised at one place; padding is compared over the longest extent it could have, whatever it says; a record
whose padding is wrong is treated as one without; the HMAC is always computed, and what it does not cover is hashed
afterwards, so that the number of octets hashed tells nothing; and comparisons do not stop early. What Python cannot
promise: the interpreter's own integers, slices and branches take time that depends on lengths, and so does the last
block of a hash, up to one compression. So the difference is made small, not zero; against an attacker who can measure
microseconds only encrypt-then-MAC or an AEAD suite will do.
"""

import hmac
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.keys.schedule import DirectionKeys
from rfc5077.reference.wire.record import MAX_PLAINTEXT, TLS_1_2

BLOCK = 16
"""Octets of a block of AES, and of the initialisation vector."""

LONGEST_PADDING = 256
"""Octets of padding at most, its length field included."""

_VERSION = TLS_1_2.to_bytes(2, "big")


class _CbcHmac:
    """What both arrangements share: keys, numbers, AES-CBC."""

    __slots__ = ("_entropy", "_key", "_mac_key", "_mac_length", "_mac_name", "sequence")

    def __init__(self, keys: DirectionKeys, entropy: Callable[[int], bytes], sequence: int = 0) -> None:
        self._key = algorithms.AES(keys.key)
        self._mac_key = keys.mac
        self._mac_name = keys.suite.mac_name
        self._mac_length = keys.suite.mac_length
        self._entropy = entropy
        self.sequence = sequence

    def _header(self, content_type: int, length: int) -> bytes:
        number = self.sequence.to_bytes(8, "big")
        return b"%b%c%b%b" % (number, content_type, _VERSION, length.to_bytes(2, "big"))

    def _encrypt(self, plain: bytes) -> bytes:
        """Initialisation vector and ciphertext of octets that are padded here."""
        iv, padding = self._entropy(BLOCK), BLOCK - 1 - len(plain) % BLOCK
        encryptor = Cipher(self._key, modes.CBC(iv)).encryptor()
        return iv + encryptor.update(plain + bytes((padding,)) * (padding + 1))

    def _decrypt(self, encrypted: bytes) -> bytes:
        """The padded octets; `encrypted` is an initialisation vector and whole blocks."""
        return Cipher(self._key, modes.CBC(encrypted[:BLOCK])).decryptor().update(encrypted[BLOCK:])

    def _take(self, payload: bytes, sound: bool) -> bytes:
        """The one place where a record is accepted or refused."""
        if not sound:
            raise ProtocolError(Cause.BAD_RECORD_MAC, f"record {self.sequence} does not verify")
        self.sequence += 1
        if len(payload) > MAX_PLAINTEXT:
            raise ProtocolError(Cause.RECORD_OVERFLOW, f"a record with {len(payload)} octets inside")
        return payload


class MacThenEncrypt(_CbcHmac):
    """HMAC of the payload, then payload, HMAC and padding encrypted; one direction, counting its records from zero."""

    __slots__ = ()

    def seal(self, content_type: int, payload: bytes) -> bytes:
        """The protected fragment for one payload (16,384 octets at most, by the record layer's rule)."""
        mac = hmac.digest(self._mac_key, self._header(content_type, len(payload)) + payload, self._mac_name)
        self.sequence += 1
        return self._encrypt(payload + mac)

    def open(self, content_type: int, fragment: bytes) -> bytes:
        """The payload of one protected fragment. Raises ProtocolError: bad_record_mac or record_overflow."""
        if len(fragment) % BLOCK or len(fragment) < 2 * BLOCK + self._mac_length // BLOCK * BLOCK:
            return self._take(b"", sound=False)  # lengths are no secret
        plain = self._decrypt(fragment)
        padding = padding_of(plain, self._mac_length)
        length = len(plain) - max(padding, 0) - self._mac_length
        running = hmac.new(self._mac_key, self._header(content_type, length) + plain[:length], self._mac_name)
        expected = running.digest()
        running.update(plain[length:])  # so that as much is hashed as without any padding
        right = hmac.compare_digest(expected, plain[length : length + self._mac_length])
        return self._take(plain[:length], right & (padding > 0))


class EncryptThenMac(_CbcHmac):
    """Payload and padding encrypted, then HMAC of the ciphertext; one direction, counting its records from zero."""

    __slots__ = ()

    def seal(self, content_type: int, payload: bytes) -> bytes:
        """The protected fragment for one payload (16,384 octets at most, by the record layer's rule)."""
        encrypted = self._encrypt(payload)
        mac = hmac.digest(self._mac_key, self._header(content_type, len(encrypted)) + encrypted, self._mac_name)
        self.sequence += 1
        return encrypted + mac

    def open(self, content_type: int, fragment: bytes) -> bytes:
        """The payload of one protected fragment, decrypted only once its HMAC was right (RFC 7366, section 3).

        Raises ProtocolError: bad_record_mac or record_overflow.
        """
        encrypted, mac = fragment[: -self._mac_length], fragment[-self._mac_length :]
        if len(encrypted) % BLOCK or len(encrypted) < 2 * BLOCK:
            return self._take(b"", sound=False)
        header = self._header(content_type, len(encrypted))
        if not hmac.compare_digest(hmac.digest(self._mac_key, header + encrypted, self._mac_name), mac):
            return self._take(b"", sound=False)
        plain = self._decrypt(encrypted)
        padding = padding_of(plain, 0)
        return self._take(plain[: len(plain) - max(padding, 0)], padding > 0)


def padding_of(plain: bytes, mac_length: int) -> int:
    """Octets of padding at the end, its length field included; 0 if it is wrong or leaves no room for the HMAC.

    Looks at as many octets as the longest padding takes, whatever the last octet says.
    """
    said = plain[-1]
    extent = min(LONGEST_PADDING, len(plain))
    found = int.from_bytes(plain[-extent:], "big")
    wanted = int.from_bytes(plain[-1:] * extent, "big")
    mask = (1 << 8 * (said + 1)) - 1
    sound = ((found ^ wanted) & mask == 0) & (said + 1 + mac_length <= len(plain))
    return (said + 1) * sound
