"""All theorems, in reading order."""

from rfc5077.model.proof.theorem import Theorem
from rfc5077.model.proof.theorems import attacker, handshake, hygiene

THEOREMS: tuple[Theorem, ...] = (*handshake.THEOREMS, *hygiene.THEOREMS, *attacker.THEOREMS)
