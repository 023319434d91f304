"""The parameters of one connection's hellos as a system of moves: whatever is said, where the clauses permit it."""

from __future__ import annotations

from functools import cache

import z3

from rfc5077.model.clause import Verdict
from rfc5077.model.clauses import binding_by_hellos
from rfc5077.model.event import CLIENT, SERVER, Party
from rfc5077.model.parameters.event import HelloEventTerm, Utterance
from rfc5077.model.parameters.state import Hellos, Juncture, step
from rfc5077.model.parameters.watch import term_of_hellos
from rfc5077.model.proof.unbounded import Move, System

And = z3.And
Without = frozenset[str]
U, J = Utterance, Juncture

ORDER: tuple[tuple[Party, Utterance, tuple[Juncture, ...]], ...] = (
    (CLIENT, U.CLIENT_HELLO, (J.START,)),
    (SERVER, U.SERVER_HELLO, (J.ASKED,)),
    (SERVER, U.SHORT, (J.ANSWERED,)),
    (SERVER, U.FULL, (J.ANSWERED,)),
    (CLIENT, U.ONWARD, (J.SHORT, J.FULL)),
    (CLIENT, U.REFUSAL, (J.ANSWERED, J.SHORT, J.FULL)),
    (SERVER, U.REFUSAL, (J.ASKED, J.ANSWERED, J.SHORT, J.FULL)),
    (SERVER, U.NAME_REFUSAL, (J.ASKED, J.ANSWERED)),
)
"""Who says what, and how far the hellos are then."""

SAID = HelloEventTerm("said")


@cache
def hellos(without: Without = frozenset(), also: Without = frozenset()) -> System:
    """One connection's hellos under the clauses of the class ``violation`` but some, and ``also`` of others."""
    state = term_of_hellos(CLIENT)
    names = {name: term.decl().name() for name, term in state.terms.items()}
    start = And([term == value for term, value in zip(state.terms.values(), Hellos().terms().values(), strict=True)])
    changes = {names[name]: term for name, term in step(state, SAID).terms.items() if not term.eq(state.terms[name])}
    moves = tuple(
        Move(
            f"{party.name.lower()} says {utterance.name.lower()}",
            And(SAID.sends(party, utterance), state.at(*junctures), *_clauses(party, without, also)),
            changes,
        )
        for party, utterance, junctures in ORDER
    )
    whole = type(state)("", {names[name]: term for name, term in state.terms.items()})
    return System("hellos", whole, start, moves, tuple(SAID.terms.values()))


def _clauses(party: Party, without: Without, also: Without) -> list[z3.BoolRef]:
    """What binds the party, over the one state that both read."""
    mine = term_of_hellos(party)
    same = [(mine.terms[name], term) for name, term in term_of_hellos(CLIENT).terms.items()]
    return [
        z3.substitute(entry.hellos(mine, SAID), *same)
        for entry in binding_by_hellos(party)
        if entry.hellos is not None
        and entry.id not in without
        and (entry.verdict is Verdict.VIOLATION or entry.id in also)
    ]
