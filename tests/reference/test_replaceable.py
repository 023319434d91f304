"""Faulty variants are declared edits: every slot for a decision, a flight or a rule is really consulted."""

from dataclasses import fields, replace

import pytest

from rfc5077.reference.alerts import AlertLevel, ProtocolError
from rfc5077.reference.handshake.client import CLIENT_TABLE
from rfc5077.reference.handshake.client_flight import ClientHandlers
from rfc5077.reference.handshake.server import SERVER_TABLE
from rfc5077.reference.handshake.server_flight import ServerHandlers, send_certificate_status
from rfc5077.reference.record_layer import RecordRules
from rfc5077.reference.ticket.store import SessionCache
from rfc5077.reference.wire.messages import Alert, HandshakeType, handshake
from rfc5077.reference.wire.record import ContentType, encode_record


class Consulted(Exception):
    """The replaced function was called."""


def consulted(*_):
    raise Consulted


@pytest.fixture
def scenario(pair, authority, client_credentials):
    """Runs everything that connections can do, with these arguments for the two ends of each."""

    def play(**ends):
        p = pair(
            client={"credentials": client_credentials},
            server={
                "client_auth": "require",
                "client_roots": authority.anchors,
                "session_cache": SessionCache(),
                "renew": "ticket",
            },
        )
        for session_id in ("empty", "fresh"):
            p.client_config = replace(p.client_config, session_id_with_ticket=session_id)
            p.connect(**ends)  # full
            p.connect(**ends)  # resumed
        p.server.send(b"data")
        p.client.layer.send_handshake(handshake(HandshakeType.CLIENT_HELLO, b""))
        p.server.layer.send_handshake(handshake(HandshakeType.HELLO_REQUEST, b""))
        p.exchange()
        p.client.send(b"data")
        p.exchange()
        p.server.layer.send_alert(Alert(AlertLevel.FATAL, 80))
        p.exchange()
        with pytest.raises(ProtocolError):
            p.server.receive(encode_record(ContentType.APPLICATION_DATA, bytes(40)))
        p.server_config = replace(p.server_config, ocsp_responses=(b"good", b""))
        p.client_config = replace(p.client_config, status_request=True, store=None)
        p.connect(**ends)
        p.server_config = replace(p.server_config, issue="never", session_id_otherwise="fresh")
        p.connect(**ends)
        p.open(**ends)
        p.client.receive(encode_record(ContentType.HANDSHAKE, handshake(HandshakeType.HELLO_REQUEST, b"")))

    return play


def test_the_scenario_itself_runs_through(scenario):
    scenario()


def replaced(defaults, name):
    value = consulted if callable(getattr(defaults, name)) else (consulted,)
    return replace(defaults, **{name: value})


@pytest.mark.parametrize("name", [field.name for field in fields(ServerHandlers)])
def test_every_server_slot_is_consulted(scenario, pair, name):
    with pytest.raises(Consulted):
        scenario(server={"handlers": replaced(ServerHandlers(), name)})
        rejected_tickets(pair, {"server": {"handlers": replaced(ServerHandlers(), name)}})


@pytest.mark.parametrize("name", [field.name for field in fields(ClientHandlers)])
def test_every_client_slot_is_consulted(scenario, pair, name):
    with pytest.raises(Consulted):
        scenario(client={"handlers": replaced(ClientHandlers(), name)})
        rejected_tickets(pair, {"client": {"handlers": replaced(ClientHandlers(), name)}})


@pytest.mark.parametrize("name", [field.name for field in fields(RecordRules)])
@pytest.mark.parametrize("end", ["client", "server"])
def test_every_record_rule_is_consulted(scenario, name, end):
    if (name, end) == ("refuse", "client") or (name, end) == ("ends_connection", "server"):
        end = {"client": "server", "server": "client"}[end]  # the scenario has one error and one fatal alert
    with pytest.raises(Consulted):
        scenario(**{end: {"rules": replaced(RecordRules(), name)}})


@pytest.mark.parametrize("row", SERVER_TABLE, ids=str)
def test_every_row_of_the_servers_table_is_used(scenario, row):
    with pytest.raises(Consulted):
        scenario(server={"table": {**SERVER_TABLE, row: consulted}})


REACHED = [row for row in CLIENT_TABLE if row[1] != HandshakeType.HELLO_REQUEST or row[0].name == "ESTABLISHED"]


@pytest.mark.parametrize("row", REACHED, ids=str)
def test_every_row_of_the_clients_table_is_used(scenario, pair, row):
    ends = {"client": {"table": {**CLIENT_TABLE, row: consulted}}}
    with pytest.raises(Consulted):
        scenario(**ends)
        rejected_tickets(pair, ends)


def rejected_tickets(pair, ends):
    for reissue in ("never", "ticket"):
        p = pair(server={"reissue": reissue, "honour_tickets": False}).connect()
        p.connect(**ends)
    pair().connect().connect(**ends)
    for session_id in ("empty", "fresh"):
        pair(client={"session_id_with_ticket": session_id}).connect().connect(**ends)
    pair().connect(**ends)
    announced_in_vain = tuple(step for step in ServerHandlers().first_flight if step is not send_certificate_status)
    p = pair(client={"renegotiation": "any"}, server={"renegotiation": "any"}).connect(**ends)
    p.client.renegotiate()
    p.server.send(b"data")
    p.exchange()
    p = pair(client={"status_request": True, "store": None}, server={"ocsp_responses": (b"good", b"")})
    p.connect(client=ends.get("client"), server={"handlers": ServerHandlers(first_flight=announced_in_vain)})
    by_rsa = {"suites": (0x009C,)}
    for asked in ("never", "request"):
        server = {**by_rsa, "ocsp_responses": (b"", b"good"), "client_auth": asked}
        server["client_roots"] = p.client_config.roots
        p = pair(client={**by_rsa, "status_request": True, "store": None}, server=server).connect(**ends)
        p.connect(client=ends.get("client"), server={"handlers": ServerHandlers(first_flight=announced_in_vain)})
