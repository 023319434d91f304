"""The monitor of the parameters: the utterances of one connection in, broken clauses out."""

from __future__ import annotations

from functools import cache

import z3

from rfc5077.model.clause import Clause
from rfc5077.model.clauses import binding_by_hellos
from rfc5077.model.event import CLIENT, Party
from rfc5077.model.parameters.event import HelloEventTerm
from rfc5077.model.parameters.state import ClientHelloTerm, Hellos, HelloTerm, ServerHelloTerm, step
from rfc5077.model.run.compiled import compiled
from rfc5077.model.run.monitor import Graph, Monitor
from rfc5077.model.run.party import PARTIES, Conduct


def term_of_hellos(party: Party) -> HelloTerm:
    """What a party keeps of the hellos, symbolically, its fields named ``client.…`` or ``server.…``."""
    return ClientHelloTerm("client") if party is CLIENT else ServerHelloTerm("server")


def _rank(entry: Clause) -> int:
    return int(entry.general)


def constraints(party: Party) -> dict[Clause, z3.BoolRef]:
    """The constraints over hellos that bind the party, the most telling first."""
    state, event = term_of_hellos(party), HelloEventTerm("event")
    entries = sorted(binding_by_hellos(party), key=_rank)
    return {entry: entry.hellos(state, event) for entry in entries if entry.hellos is not None}


@cache
def conduct_of_hellos(party: Party) -> Conduct:
    """A party's conduct under the clauses about hellos; compiled once."""
    state, event = term_of_hellos(party), HelloEventTerm("event")
    found = constraints(party)
    move = compiled(list(step(state, event).terms.values()), state, event)
    return Conduct(party, tuple(found), move, compiled(list(found.values()), state, event))


@cache
def graph_of_hellos() -> Graph:
    """The graph that all monitors of parameters share."""
    return Graph(*((conduct_of_hellos(party), (Hellos().codes,)) for party in PARTIES))


def hello_monitor() -> Monitor:
    """A monitor of one connection's hellos."""
    return Monitor(watched=graph_of_hellos())
