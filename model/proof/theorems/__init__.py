"""All theorems, in reading order."""

from rfc5077.model.proof.theorem import Theorem
from rfc5077.model.proof.theorems import (
    attacker,
    handshake,
    hygiene,
    independence,
    lifetime,
    refusal,
    renegotiation,
    resumption,
    rotation,
    store,
)

THEOREMS: tuple[Theorem, ...] = (
    *handshake.THEOREMS,
    *hygiene.THEOREMS,
    *store.THEOREMS,
    *lifetime.THEOREMS,
    *rotation.THEOREMS,
    *resumption.THEOREMS,
    *independence.THEOREMS,
    *refusal.THEOREMS,
    *renegotiation.THEOREMS,
    *attacker.THEOREMS,
)
