"""Who the peers in memory are, and the puppets that talk to them: keys and certificates made on the spot.

They protect nothing: the keys follow from the names.
"""

import hashlib
import itertools
import time
from collections.abc import Callable
from functools import cache

from rfc5077.reference.keys.credentials import Credentials, self_signed


def seeded(seed: str) -> Callable[[int], bytes]:
    """Entropy that is the same in every run with this seed: for testers, never for endpoints."""
    pieces = (hashlib.sha256(f"{seed} {number}".encode()).digest() for number in itertools.count())
    left = b""

    def draw(count: int) -> bytes:
        nonlocal left
        while len(left) < count:
            left += next(pieces)
        drawn, left = left[:count], left[count:]
        return drawn

    return draw


@cache
def identity(name: str = "localhost") -> Credentials:
    """The P-256 key and the self-signed certificate of this name, the same throughout this process."""
    return self_signed(name, time.time(), seeded(f"identity of {name}"))
