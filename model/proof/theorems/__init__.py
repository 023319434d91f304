"""All theorems, in reading order: those about the protocol, and those about the model of many connections itself."""

from rfc5077.model.proof.theorem import Theorem
from rfc5077.model.proof.theorems import (
    attacker,
    composition,
    consistency,
    handshake,
    hygiene,
    impersonation,
    independence,
    lifetime,
    meeting,
    profiles,
    refusal,
    renegotiation,
    resumption,
    rotation,
    store,
    views,
)

THEOREMS: tuple[Theorem, ...] = (
    *handshake.THEOREMS,
    *views.THEOREMS,
    *hygiene.THEOREMS,
    *profiles.THEOREMS,
    *meeting.THEOREMS,
    *consistency.THEOREMS,
    *store.THEOREMS,
    *lifetime.THEOREMS,
    *rotation.THEOREMS,
    *resumption.THEOREMS,
    *independence.THEOREMS,
    *refusal.THEOREMS,
    *renegotiation.THEOREMS,
    *attacker.THEOREMS,
    *impersonation.THEOREMS,
)
"""About the protocol."""

EVERY: tuple[Theorem, ...] = (*THEOREMS, *composition.THEOREMS)
"""With those about the model itself."""
