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

_FULL_ALPHABET = "S-21 S-34 S-37 S-49 S-59 S-60 S-65 C-16 C-21 C-46 C-47 C-74 C-83"
"""What the complete suite shows over the full alphabet and not over the core one."""

_FAMILIES = {
    "honest handshakes": "S-25 S-26 S-27 S-100 C-25 C-38 C-39 C-84 C-88",
    "ids": "S-43 S-53 S-54 S-55 S-63",
    "messages": """
        S-17 S-38 C-15 C-24 C-29 C-36 C-48 C-49 C-51 C-52 C-53 C-72 C-82 C-85 C-92 C-94
    """,
    "left behind": "S-116 S-117 S-118",
    "context": """
        S-91 S-92 S-94 S-95 S-96 S-97 S-99 S-102 S-103 S-105 S-106 S-108 S-134 S-135 S-136 S-137
    """,
    "answers": "C-55 C-56 C-57 C-58 C-59 C-60 C-68",
    "octets given out": "S-75 S-76 S-77 S-78 S-79 S-90 S-115",
    "octets offered": "C-66 C-71 C-73",
    "servers": "S-82 S-109 S-110 C-63 C-64 C-65",
    "keys": "S-80 S-81 S-83 S-84 S-85 S-86 S-87 S-93",
    "clock": "S-111 S-112 S-113 S-114 C-76 C-77 C-78 C-80 C-81",
    "records": "S-39 S-41 S-42 S-122 C-42 C-44",
    "tickets": "S-66 S-67 S-68 S-69 S-70 S-71 S-72 S-73 S-74 S-120 C-40 C-41 C-75 C-79",
}
"""What no alphabet shows, by the family of tests that does."""

_ALONE = {
    "A peer that waits for the rest of a message behind Finished does nothing that a text forbids, and OpenSSL does "
    "so. The suite sends a whole message there, which these endpoints refuse.": "S-40 C-45",
    "The reference itself goes on with servers that leave the extended master secret out. The suite would advise "
    "against that wherever it looks at something else, and so does not look.": "C-93",
}
"""What the suite leaves out, with the reason; each is shown by a test of its own."""


def _of(table: dict[str, str]) -> dict[str, str]:
    return {name: key for key, names in table.items() for name in names.split()}


FAMILY_OF: dict[str, str] = _of(_FAMILIES)
"""The family of tests that shows a fault which no alphabet shows."""
ALONE: dict[str, str] = _of(_ALONE)
"""Why the suite leaves a fault out."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is asked of one fault.

    Attributes:
        id: S-nn for a server, C-nn for a client.
        verdict: what a tester owes to say.
        honest_fails: whether an honest handshake fails already; finding such a fault proves little and is not counted.
        unbuilt: why there is no such faulty endpoint; empty if there is one.
        full: whether it takes the full alphabet to show it.
        family: the family of tests that shows it, if no alphabet does.
        alone: why the suite leaves it out; empty if it does not.
    """

    id: str
    verdict: Verdict
    honest_fails: bool
    unbuilt: str
    full: bool
    family: str
    alone: str


def _verdict(name: str) -> Verdict:
    return "advice" if name in _ADVICE.split() else "note" if name in _NOTES.split() else "violation"


def _row(name: str) -> Row:
    return Row(
        name, _verdict(name), name in _HONEST_FAILS.split(), _UNBUILT.get(name, ""), name in _FULL_ALPHABET.split(),
        FAMILY_OF.get(name, ""), ALONE.get(name, ""),
    )  # fmt: skip


ROWS: dict[str, Row] = {
    name: _row(name)
    for name in (
        *(f"S-{number:02}" for number in range(1, _SERVERS + 1)),
        *(f"C-{number:02}" for number in range(1, _CLIENTS + 1)),
    )
}
"""All of them, servers first."""
