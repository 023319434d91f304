"""Faulty clients: what they say, offer and refuse although they must not.

Flows of the server's choice (C-10 to C-16, C-50, C-74, C-86, C-87), messages that come too early (C-28, C-31), tickets
kept (C-32 to C-37, C-72), and the extension in ClientHello (C-69, C-70).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rfc5077.properties.faults.fault import ClientEdit, fault, forgetful, naming, only
from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.handshake import client, client_flight, offer
from rfc5077.reference.handshake.client_flight import (
    ClientHandler,
    ClientHandlers,
    ClientHandshake,
    ClientState,
    ClientTable,
    send_change_cipher_spec,
    send_finished,
)
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.handshake.offer import Decision, Offer
from rfc5077.reference.keys.exchange import Entropy
from rfc5077.reference.ticket.store import FinishedVerified
from rfc5077.reference.wire.hello import ClientHello, ExtensionType, ServerHello
from rfc5077.reference.wire.messages import HandshakeType, Message, NewSessionTicket, Signal, handshake

H, S = HandshakeType, ClientState


# Flows that the server is free to pick --------------------------------------------------------------------------------


def _announced(handshake: ClientHandshake) -> bool:
    return handshake.server_hello.session_ticket is not None


@fault("C-10", "R5077-3.1-19", "R5077-3.1-11", source="A-80: OpenSSL 0.9.8g, GnuTLS before 3.6.11")
def refuses_a_renewal() -> ClientEdit:
    """Refuses a new ticket in an abbreviated handshake."""

    def refusing(take: ClientHandler) -> ClientHandler:
        def guarded(handshake: ClientHandshake, message: Message) -> ClientState:
            state = take(handshake, message)
            if handshake.ticket is not None and handshake.ticket.ticket:
                raise ProtocolError(Cause.UNEXPECTED_MESSAGE, "a renewal")
            return state

        return guarded

    return ClientEdit(rows={
        (S.AWAIT_RESUMED_TICKET, H.NEW_SESSION_TICKET): refusing(client.take_resumed_ticket),
        (S.AWAIT_DECISION_WITH_TICKET, H.NEW_SESSION_TICKET): refusing(client.take_deciding_ticket),
    })  # fmt: skip


@fault("C-11", "R5077-3.1-19", "R5077-3.1-16")
def insists_on_a_renewal() -> ClientEdit:
    """Refuses an abbreviated handshake that brings no new ticket."""
    change = Signal.CHANGE_CIPHER_SPEC
    guarded = only(_announced, client.take_resumed_change_cipher_spec)
    return ClientEdit(
        rows={(S.AWAIT_RESUMED_CHANGE_CIPHER_SPEC, change): guarded}, without=((S.AWAIT_DECISION, change),)
    )


def _refusing_rejection(announced: bool) -> ClientEdit:
    """Takes no Certificate after its ticket was rejected, with or without the announcement of a new one."""
    def at_peace(handshake: ClientHandshake) -> bool:
        return not handshake.offer.ticket or _announced(handshake) is not announced

    waits = (S.AWAIT_CERTIFICATE, S.AWAIT_DECISION, S.AWAIT_DECISION_WITH_TICKET)
    return ClientEdit(rows={(state, H.CERTIFICATE): only(at_peace, client.take_certificate) for state in waits})


@fault("C-12", "R5077-3.1-19", "R5077-3.1-17")
def refuses_a_replacement() -> ClientEdit:
    """Refuses a full handshake in which a new ticket is to replace the rejected one."""
    return _refusing_rejection(announced=True)


@fault("C-13", "R5077-3.1-19", "R5246-7.4.1.3-05", source="A-81: tlslite-ng 0.9.0b2")
def refuses_a_rejection() -> ClientEdit:
    """Refuses a full handshake in which its ticket is rejected and none is announced."""
    return _refusing_rejection(announced=False)


def _deciding(decide: Callable[[Offer, ClientHello, ServerHello], Decision | None]) -> ClientEdit:
    """Concludes by `decide` from ServerHello, where that has an answer."""

    def chosen(offered: Offer, sent: ClientHello, answer: ServerHello) -> Decision:
        return decide(offered, sent, answer) or offer.decide(offered, sent, answer)

    return ClientEdit(handlers=ClientHandlers(decide=chosen))


@fault("C-15", "R5077-3.1-12", "R5077-3.4-10")
def takes_an_announcement_for_a_full_handshake() -> ClientEdit:
    """Concludes from the announcement of a ticket that the handshake is a full one."""
    return _deciding(
        lambda offered, sent, answer: Decision.FULL if offered.ticket and answer.session_ticket is not None else None
    )


@fault("C-16", "R5077-3.4-10")
def concludes_from_an_id_that_answers_nothing() -> ClientEdit:
    """Concludes from a session_id in ServerHello that the handshake is a full one, although its own was empty."""
    return _deciding(
        lambda offered, sent, answer: Decision.FULL if answer.session_id and not sent.session_id else None
    )


@fault("C-50", "R5077-3.3-07c", source="A-79: OpenSSL before 2015, GnuTLS before 3.6.14")
def refuses_an_empty_ticket() -> ClientEdit:
    """Refuses a ticket of zero length."""

    def parse(body: bytes) -> NewSessionTicket:
        message = NewSessionTicket.parse(body)
        if not message.ticket:
            raise ProtocolError(Cause.MALFORMED, "a ticket of zero length")
        return message

    return ClientEdit(handlers=ClientHandlers(parse_ticket=parse))


@fault("C-74", "R5077-3.4-10")
def refuses_an_id_that_answers_nothing() -> ClientEdit:
    """Refuses a ServerHello with a session_id where its own was empty."""

    def decide(offered: Offer, sent: ClientHello, answer: ServerHello) -> Decision:
        if answer.session_id and not sent.session_id:
            raise ProtocolError(Cause.ECHO_WITHOUT_OFFER)
        return offer.decide(offered, sent, answer)

    return ClientEdit(handlers=ClientHandlers(decide=decide))


@fault("C-86", "R5077-3.2-05")
def asks_for_tickets_and_refuses_them() -> ClientEdit:
    """Sends the SessionTicket extension although it wants no tickets, and refuses NewSessionTicket."""
    return ClientEdit(
        without=((S.AWAIT_TICKET, H.NEW_SESSION_TICKET),), config=forgetful
    )


@fault("C-87", "R5077-3.4-10", source="rustls, issue 797")
def takes_two_empty_ids_for_an_echo() -> ClientEdit:
    """Concludes from an empty session_id in ServerHello that it is resumed, its own being empty too."""
    return _deciding(
        lambda offered, sent, answer: Decision.RESUMED if offered.ticket and answer.session_id == sent.session_id
        else None
    )  # fmt: skip


# Too early ------------------------------------------------------------------------------------------------------------

SERVER_HELLO_DONE = handshake(H.SERVER_HELLO_DONE, b"")


@fault("C-28", "R5246-7.4-01")
def answers_before_server_hello_done() -> ClientEdit:
    """Answers ServerKeyExchange at once, sure that ServerHelloDone will follow."""

    def take(handshake: ClientHandshake, message: Message) -> ClientState:
        client.take_server_key_exchange(handshake, message)
        return client.take_server_hello_done(handshake, Message(H.SERVER_HELLO_DONE, b"", SERVER_HELLO_DONE))

    def ignore(handshake: ClientHandshake, message: Message) -> ClientState:
        return handshake.state

    waits = (S.AWAIT_TICKET, S.AWAIT_CHANGE_CIPHER_SPEC)
    rows: ClientTable = {(state, H.SERVER_HELLO_DONE): ignore for state in waits}
    return ClientEdit(rows={**rows, (S.AWAIT_SERVER_KEY_EXCHANGE, H.SERVER_KEY_EXCHANGE): take})


@fault("C-31", "R5077-3.1-12", "R5246-7.1-03")
def finishes_first_on_resumption() -> ClientEdit:
    """Sends its ChangeCipherSpec and Finished on a ServerHello that resumes, before the server's Finished came."""

    def take(handshake: ClientHandshake, message: Message) -> ClientState:
        state = client.take_server_hello(handshake, message)
        if handshake.resumed:
            send_change_cipher_spec(handshake)
            send_finished(handshake)
            handshake.handlers = replace(handshake.handlers, resumption_flight=())
        return state

    return ClientEdit(
        rows={(S.AWAIT_SERVER_HELLO, H.SERVER_HELLO): take},
        config=naming,
    )


# Tickets that are kept ------------------------------------------------------------------------------------------------


def keep_at_once(handshake: ClientHandshake) -> None:
    """Keeps the ticket in hand as if the server's Finished had been verified."""
    session = handshake.session
    handshake.session = session or handshake.handlers.make_session(handshake)
    handshake.handlers.keep_ticket(handshake, FinishedVerified(b""))
    handshake.session = session


@fault("C-32", "R5077-3.3-06", source="CVE-2014-1490")
def keeps_the_ticket_of_a_failed_handshake() -> ClientEdit:
    """Keeps a ticket although the server's Finished was wrong, and offers it."""

    def keep(handshake: ClientHandshake) -> None:
        client_flight.forget_session(handshake)
        if handshake.ticket is not None:
            keep_at_once(handshake)

    return ClientEdit(handlers=ClientHandlers(forget_session=keep))


@fault("C-33", "R5077-3.3-06")
def keeps_a_ticket_on_receipt() -> ClientEdit:
    """Keeps a ticket on receipt in a full handshake, and offers it though the connection died before Finished."""

    def take(handshake: ClientHandshake, message: Message) -> ClientState:
        state = client.take_ticket(handshake, message)
        keep_at_once(handshake)
        return state

    return ClientEdit(rows={(S.AWAIT_TICKET, H.NEW_SESSION_TICKET): take})


@fault("C-34", "R5077-3.3-06")
def keeps_a_renewal_on_receipt() -> ClientEdit:
    """Replaces the old ticket by the renewed one before the server's Finished, and offers that."""

    def kept(take: ClientHandler) -> ClientHandler:
        def keeping(handshake: ClientHandshake, message: Message) -> ClientState:
            state = take(handshake, message)
            keep_at_once(handshake)
            return state

        return keeping

    ticket = H.NEW_SESSION_TICKET
    return ClientEdit(rows={
        (S.AWAIT_RESUMED_TICKET, ticket): kept(client.take_resumed_ticket),
        (S.AWAIT_DECISION_WITH_TICKET, ticket): kept(client.take_deciding_ticket),
    })  # fmt: skip


@fault("C-35", "R5077-3.2-10", verdict="advice", source="A-96: rustls, issue 1617")
def offers_the_ticket_of_a_failed_resumption() -> ClientEdit:
    """Offers a ticket again that was accepted in a handshake which then failed."""
    return ClientEdit(handlers=ClientHandlers(forget_session=lambda _: None))


@fault("C-37", "R5077-3.3-09", verdict="advice", source="A-82: OpenSSL before 1.0.1")
def stays_with_the_old_ticket() -> ClientEdit:
    """Ignores the renewed ticket and goes on offering the old one."""

    def keep(handshake: ClientHandshake, proof: FinishedVerified) -> None:
        if not handshake.resumed:
            client_flight.keep_ticket(handshake, proof)

    return ClientEdit(handlers=ClientHandlers(keep_ticket=keep))


@fault("C-72", "R5077-3.4-03")
def prefers_the_id_to_the_ticket() -> ClientEdit:
    """Keeps the session_id of ServerHello, where there is one, rather than the ticket, and offers that."""

    def keep(handshake: ClientHandshake, proof: FinishedVerified) -> None:
        if handshake.server_hello.session_id and not handshake.resumed:
            handshake.ticket = None
        client_flight.keep_ticket(handshake, proof)

    return ClientEdit(handlers=ClientHandlers(keep_ticket=keep))


# The extension in ClientHello -----------------------------------------------------------------------------------------


def _with_body(body: Callable[[bytes], bytes]) -> ClientEdit:
    """Changes what the SessionTicket extension holds."""

    def hello(config: ClientConfig, offered: Offer, entropy: Entropy) -> ClientHello:
        made = offer.make_client_hello(config, offered, entropy)
        pairs = ((kind, body(said) if kind == ExtensionType.SESSION_TICKET else said) for kind, said in made.extensions)
        return replace(made, extensions=tuple(pairs))

    return ClientEdit(handlers=ClientHandlers(make_client_hello=hello))


@fault("C-69", "R5077-3.2-04", "R5077-3.2-12")
def asks_in_the_form_of_rfc_4507() -> ClientEdit:
    """Asks for a ticket by an extension whose body is a length of zero."""
    return _with_body(lambda ticket: ticket or bytes(2))


@fault("C-70", "R5077-3.2-12")
def wraps_the_ticket() -> ClientEdit:
    """Puts the length of the ticket in front of it, inside the extension."""
    return _with_body(lambda ticket: ticket and len(ticket).to_bytes(2, "big") + ticket)
