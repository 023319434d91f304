"""A session offered to a server in another context: suites, extended master secret, names, protocols, extensions.

Where a comparison is made, the other half of it is a full handshake with the same ClientHello, so that a server which
heeds none of this is not blamed for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rfc5077.model.event import Event, Extension
from rfc5077.properties.suite.families.events import hello
from rfc5077.properties.suite.families.family import Trial, family
from rfc5077.properties.suite.families.sayings import (
    ELSEWHERE,
    PROTOCOLS,
    Change,
    bound,
    changed,
    less,
    listing,
    named,
    offering,
    plain,
)
from rfc5077.properties.suite.families.stage import Outcome, Shaken, Stage
from rfc5077.reference.keys.suites import DEFAULT_SUITES
from rfc5077.reference.wire.hello import ExtensionType

FALLS_BACK = "R5077-3.1-13"
"""That a server which does not want to honour a ticket goes through the full handshake: not where that fails, too."""

TLS_1_1 = 0x0302

OLD_CLIENTS = "R7627-4-01"
"""That nobody without the extended master secret is served: what it is to be an old client is no matter of tickets."""

EMPTY, LIVE, ABSENT = hello(Extension.EMPTY), hello(Extension.LIVE), hello(Extension.ABSENT)


def ask(stage: Stage, *changes: Change) -> Shaken:
    """Offers the ticket in a changed ClientHello, which may be a reason to give up even without a ticket."""
    told = stage.ask(changed(LIVE, *changes))
    stage.excuse(FALLS_BACK)
    stage.excuse(OLD_CLIENTS)
    return told


def then(change: Change, *before: Change) -> Callable[[Stage], None]:
    """A session that began with these changes of ClientHello, offered with another change; the judge tells."""

    def run(stage: Stage) -> None:
        if stage.mint(changed(EMPTY, *before)):
            ask(stage, change)

    return run


def older(stage: Stage) -> None:
    """A ClientHello of TLS 1.1 resumes no session of TLS 1.2."""
    if stage.mint() and ask(stage, lambda said: replace(said, version=TLS_1_1)).outcome is Outcome.RESUMED:
        stage.excuse()
        stage.blame("R5077-4-11", "The ClientHello was of TLS 1.1, the session of TLS 1.2.", due="a full handshake")


def said(event: Event, *changes: Change) -> Callable[[Stage], None]:
    """A single handshake with a changed ClientHello."""

    def run(stage: Stage) -> None:
        stage.shake(changed(event, *changes))

    return run


def unchanged(first: Change) -> Callable[[Stage], None]:
    """A session that began with a changed ClientHello, offered with the usual one."""
    return then(lambda hello: hello, first)


def known_name(stage: Stage) -> None:
    """A session offered under a name under which the server goes through full handshakes."""
    stage.shake(changed(EMPTY, named(ELSEWHERE)))
    then(named(ELSEWHERE))(stage)


def extended_lost(stage: Stage) -> None:
    """A session with the extended secret, offered without the extension: a full handshake is a note (K-27)."""
    if stage.honoured() and stage.mint():
        told = ask(stage, plain)
        if told.outcome is Outcome.FULL:
            stage.blame("R7627-5.3-04", "It went through a full handshake (K-27 leaves that open).", "note")


def extended_gained(stage: Stage) -> None:
    """A session without the extended secret, offered with the extension: an alert is unwise (K-28)."""
    if stage.mint(changed(EMPTY, plain)) and ask(stage).outcome is Outcome.ALERT:
        stage.blame("R7627-5.3-03", "It gave the handshake up (K-28 advises against that).", "advice")


def plain_twice(stage: Stage) -> None:
    """A session without the extended secret, offered without it again."""
    if stage.mint(changed(EMPTY, plain)):
        stage.shake(ABSENT)
        ask(stage, plain)


def _protocol(shaken: Shaken) -> bytes | None:
    answered = shaken.puppet.handshake.server_hello
    return None if answered is None else answered.extension(PROTOCOLS)


def protocol_anew(stage: Stage) -> None:
    """On resumption the protocol is chosen as in a full handshake with the same list."""
    both = listing(b"h2", b"http/1.1")
    if not stage.mint(changed(EMPTY, listing(b"h2"))):
        return
    resumed = ask(stage, both)
    chosen, due = _protocol(resumed), _protocol(stage.shake(changed(ABSENT, both)))
    if resumed.outcome is Outcome.RESUMED and chosen != due:
        ask(stage, both)
        stage.blame("R7301-3.1-01", "On resumption it chose another application protocol than in a full handshake.",
                    due="the protocol of a full handshake")


def no_common_protocol(stage: Stage) -> None:
    """A list without a common protocol is answered on resumption as it is in a full handshake."""
    strange = listing(b"gopher")
    refused = stage.shake(changed(ABSENT, strange)).outcome is Outcome.ALERT
    if not refused:
        stage.miss("the server refuses no application protocol")
    elif (
        stage.mint(changed(EMPTY, listing(b"h2")))
        and ask(stage, strange).outcome is Outcome.RESUMED
    ):
        stage.blame("R7301-3.2-01", "It refuses this list of application protocols in a full handshake.")


def unsigned(stage: Stage) -> None:
    """Nothing is signed on resumption, so signature_algorithms may be missing (advice: the text does not forbid it)."""
    if stage.honoured() and stage.mint():
        told = ask(stage, less(ExtensionType.SIGNATURE_ALGORITHMS))
        if told.outcome is not Outcome.RESUMED:
            why = "It resumes where signature_algorithms stands in ClientHello, though it signs nothing."
            stage.blame("R5246-7.4.1.4.1-01", why, "advice")


def twice_the_same(event: Event, change: Change) -> Callable[[Stage], None]:
    """A session that began under a change, offered under the same."""

    def run(stage: Stage) -> None:
        if stage.mint(changed(event, change)):
            ask(stage, change)

    return run


UNNAMED = less(ExtensionType.SERVER_NAME)

CONTEXT = family("context", "server", "other suites, names, protocols and extensions than the session began with", (
    Trial("the session's suite at the end of the list", then(offering(*reversed(DEFAULT_SUITES)))),
    Trial("the session's suite withdrawn", then(offering(DEFAULT_SUITES[1]))),
    Trial("extended master secret gained", unchanged(plain)),
    Trial("extended master secret gained, and what comes instead", extended_gained),
    Trial("extended master secret withdrawn", then(plain)),
    Trial("extended master secret withdrawn, and what comes instead", extended_lost),
    Trial("never an extended master secret", plain_twice),
    Trial("a full handshake without extended master secret", said(EMPTY, plain)),
    Trial("another server name", then(named(ELSEWHERE))),
    Trial("another server name, which the server has answered before", known_name),
    Trial("the server name in other letters", then(named("LOCALHOST"))),
    Trial("the server name withdrawn", then(UNNAMED)),
    Trial("a server name gained", unchanged(UNNAMED)),
    Trial("never a server name", twice_the_same(EMPTY, UNNAMED)),
    Trial("a list of application protocols", said(ABSENT, listing(b"http/1.1"))),
    Trial("no common application protocol", no_common_protocol),
    Trial("application protocols chosen anew", protocol_anew),
    Trial("application protocols gained", then(listing(b"h2", b"http/1.1"))),
    Trial("an older version", older),
    Trial("signature algorithms withdrawn", unsigned),
    Trial("renegotiation_info of a renegotiation in a first ClientHello", said(EMPTY, bound)),
    Trial("renegotiation_info of a renegotiation beside a ticket", then(bound)),
    Trial("renegotiation_info withdrawn", then(less(ExtensionType.RENEGOTIATION_INFO))),
))  # fmt: skip
