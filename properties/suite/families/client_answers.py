"""ServerHellos that a client has to refuse, for they answer something that it did not say.

Each is followed by an honest rest of the handshake, so that a client which goes on has every chance to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rfc5077.model.event import Extension
from rfc5077.properties.suite.families.events import FLIGHT, ISSUE, SERVER_END, answer, resumption
from rfc5077.properties.suite.families.family import Trial, family
from rfc5077.properties.suite.families.sayings import answered, plainly, with_another_suite, with_the_binding
from rfc5077.properties.suite.families.stage import Stage, goes_on
from rfc5077.properties.suite.hellos import with_extension
from rfc5077.reference.wire.hello import ServerHello

TIMESTAMP = 18
"""signed_certificate_timestamp (RFC 6962, section 3.3.1), which no client is known to ask for unless it says so."""
STRANGE_SUITES = (0xC02C, 0xC024, 0xC00A, 0xC05C)
"""Suites with ECDHE and ECDSA, the last with ARIA (RFC 6209): one that the client has not offered is answered."""
OLD_SERVERS = "R7627-4-01"
"""That nobody without the extended master secret is served, which is answered here on purpose."""
TLS_1_1 = 0x0302

Change = Callable[[ServerHello], ServerHello]


def unasked(said: ServerHello) -> ServerHello:
    """An extension that nobody asked for."""
    return with_extension(said, TIMESTAMP)


def older(said: ServerHello) -> ServerHello:
    """TLS 1.1."""
    return replace(said, version=TLS_1_1)


def first(change: Change, clause: str, told: str) -> Callable[[Stage], None]:
    """Such a ServerHello in a full handshake."""

    def run(stage: Stage) -> None:
        puppet, said = stage.server()
        if said is None or (change is unasked and TIMESTAMP in (said.extensions or ())):
            stage.miss("the client asks for it")
            return
        if goes_on(stage.say(puppet, answered(answer(Extension.EMPTY), change), *FLIGHT)):
            stage.excuse()
            stage.blame(clause, told)

    return run


def strange_suite(stage: Stage) -> None:
    """A suite in a full handshake that the client has not offered."""
    puppet, said = stage.server()
    offered = () if said is None else said.cipher_suites or ()
    suite = next((suite for suite in STRANGE_SUITES if suite not in offered), STRANGE_SUITES[-1])
    if suite in offered:
        stage.miss("the client offers every suite that is tried")
    elif goes_on(stage.say(puppet, answered(
        answer(Extension.EMPTY), lambda answer: replace(answer, cipher_suite=suite)), *FLIGHT)):  # fmt: skip
        stage.excuse()
        stage.blame("R5246-7.4.1.3-03", "It had not offered the suite.")


def resumed(change: Change, clause: str, told: str, ruling: str = "") -> Callable[[Stage], None]:
    """Such a ServerHello in a resumption."""

    def run(stage: Stage) -> None:
        made = stage.offering()
        if made is None:
            return
        puppet, said = made
        if change is unasked and TIMESTAMP in (said.extensions or ()):
            stage.miss("the client asks for it")
            return
        if goes_on(stage.say(puppet, answered(resumption(said), change), *SERVER_END)):
            stage.excuse()
            stage.blame(clause, told, ruling)

    return run


def secret_gained(stage: Stage) -> None:
    """A session without the extended master secret is resumed by a ServerHello with the extension."""
    puppet, _ = stage.server()
    heard = stage.say(puppet, answered(answer(Extension.EMPTY), plainly), *ISSUE[1:])
    stage.excuse(OLD_SERVERS)
    puppet, said = stage.server()
    if not goes_on(heard) or said is None or not said.session_ticket:
        stage.miss("the client offers no session without the extended master secret")
        return
    if goes_on(stage.say(puppet, resumption(said), *SERVER_END)):
        stage.excuse()
        stage.blame("R7627-5.3-07", "The session that it resumed had not the extended master secret.")


CLIENT_ANSWERS = family("answers", "client", "ServerHellos that answer something else than was said", (
    Trial("an extension that was not asked for", first(
        unasked, "R5246-7.4.1.4-02", "It had not asked for the extension.")),
    Trial("a suite that was not offered", strange_suite),
    Trial("renegotiation_info of a renegotiation", first(
        with_the_binding, "R5746-3.4-02", "It took the renegotiation_info of a renegotiation in a first handshake.")),
    Trial("an extension that was not asked for, on resumption", resumed(
        unasked, "R5246-7.4.1.4-02", "It had not asked for the extension.")),
    Trial("another suite on resumption", resumed(
        with_another_suite, "R5246-7.4.1.3-04", "The session that it resumed has another suite.")),
    Trial("another version on resumption", resumed(
        older, "R5246-7.4.1.3-06", "The session that it resumed is of TLS 1.2.", "advice")),
    Trial("extended master secret lost on resumption", resumed(
        plainly, "R7627-5.3-08", "The session that it resumed has the extended master secret.")),
    Trial("renegotiation_info of a renegotiation on resumption", resumed(
        with_the_binding, "R5746-3.4-02", "It took the renegotiation_info of a renegotiation on resumption.")),
    Trial("extended master secret gained on resumption", secret_gained),
))  # fmt: skip
