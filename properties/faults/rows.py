"""The faults that a tester owes to find: what is asked of each, whether it is built, and what shows it.

The ids are the contract: S-01 to S-124 for servers, C-01 to C-88 for clients. Higher numbers are further faults, of
which nothing is asked but that they are found.
"""

from __future__ import annotations

from dataclasses import dataclass

from rfc5077.properties.faults.fault import Verdict

_SERVERS, _CLIENTS = 124, 88

_ADVICE = """
    S-73 S-75 S-76 S-78 S-81 S-83 S-84 S-85 S-86 S-93 S-97 S-108 S-109 S-111 S-112 S-114 C-35 C-36 C-37 C-58 C-62
    C-64 C-66 C-76 C-77 C-78 C-80 C-81
"""
_NOTES = "S-59 S-64 S-95 S-110 C-03 C-04 C-29 C-43 C-52 C-53"
_HONEST_FAILS = "S-24 S-25 S-26 S-27 S-88 S-89 S-100 S-101 C-14 C-25 C-38"

_UNBUILT = {
    "C-43": "Takes the first octets of NewSessionTicket in the record of ServerHelloDone. So does the reference: no "
    "text binds a receiver to the end of a flight, so that there is no defence to take away.",
}

FULL_ALPHABET = "the full alphabet"

_BEYOND = {
    FULL_ALPHABET: "S-21 S-34 S-37 S-49 S-59 S-60 S-65 C-16 C-21 C-46 C-47 C-74 C-83",
    "a symbol of neither alphabet, or symbols in an order that needs more connections": """
        S-17 S-38 S-43 S-53 S-54 S-55 S-63 S-116 S-117 C-15 C-24 C-29 C-48 C-49 C-51 C-52 C-53 C-72 C-82
    """,
    "tickets of other octets or lengths": "S-66 S-67 S-68 S-69 S-70 S-71 S-72 S-73 S-74 S-120 C-40 C-41 C-75",
    "other suites, versions, names, protocols or extensions in a hello": """
        S-91 S-92 S-94 S-95 S-96 S-97 S-99 S-102 S-103 S-105 S-106 S-108 C-55 C-56 C-57 C-58 C-59 C-60 C-68
    """,
    "a look at tickets, randoms, hints and ids, octet for octet": "S-75 S-76 S-77 S-79 S-90 S-115 C-66 C-71 C-73",
    "the ticket key": "S-78 S-80 S-81 S-83 S-84 S-85 S-86 S-87 S-93",
    "a second server, or a second configuration with the same key or store": "S-82 S-110 C-63 C-64 C-65",
    "the application's view": "S-109",
    "a clock, or a hint": "S-111 S-112 S-113 S-114 C-76 C-77 C-78 C-79 C-80 C-81",
    "the borders of records and segments": "S-39 S-40 S-41 S-42 C-42 C-44 C-45 C-88",
    "a further handshake in the connection": "S-122 C-85",
    "a look at what a failed connection leaves behind": "S-118 C-36",
    "two connections at once": "C-84",
    "the conclusion that an honest handshake fails, since no clause forbids the alert": """
        S-25 S-26 S-27 S-100 C-25 C-38 C-39
    """,
}


@dataclass(frozen=True, slots=True)
class Row:
    """What is asked of one fault.

    Attributes:
        id: S-nn for a server, C-nn for a client.
        verdict: what a tester owes to say.
        honest_fails: whether an honest handshake fails already; finding such a fault proves little and is not counted.
        unbuilt: why there is no such faulty endpoint; empty if there is one.
        beyond: what shows it that the complete suite over the core alphabet does not have; empty if that shows it.
    """

    id: str
    verdict: Verdict
    honest_fails: bool
    unbuilt: str
    beyond: str


def _verdict(name: str) -> Verdict:
    return "advice" if name in _ADVICE.split() else "note" if name in _NOTES.split() else "violation"


def _row(name: str) -> Row:
    beyond = next((stimulus for stimulus, names in _BEYOND.items() if name in names.split()), "")
    return Row(name, _verdict(name), name in _HONEST_FAILS.split(), _UNBUILT.get(name, ""), beyond)


ROWS: dict[str, Row] = {
    name: _row(name)
    for name in (
        *(f"S-{number:02}" for number in range(1, _SERVERS + 1)),
        *(f"C-{number:02}" for number in range(1, _CLIENTS + 1)),
    )
}
"""All of them, servers first."""
