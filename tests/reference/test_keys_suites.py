"""Every cipher suite between our own client and server: full, with a ticket, resumed, with data both ways."""

import pytest
from pairs import Pair

from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.connection import DataReceived
from rfc5077.reference.events import AlertReceived
from rfc5077.reference.keys.suites import DEFAULT_SUITES, SUITES, Cipher
from rfc5077.reference.wire.hello import ExtensionType

every_suite = pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name.removeprefix("TLS_"))
with_cbc = pytest.mark.parametrize(
    "suite",
    [suite for suite in SUITES.values() if suite.cipher is Cipher.AES_CBC],
    ids=lambda suite: suite.name.removeprefix("TLS_"),
)


def under(suite, **both):
    """Fields of a configuration with this suite alone."""
    return {"suites": (suite.code,), **both}


def echo(p: Pair, data: bytes) -> tuple[bytes, bytes]:
    """Sends data both ways; what arrived."""
    p.client_events, p.server_events = [], []
    p.client.send(data)
    p.server.send(data[::-1])
    p.exchange()
    arrived = [[event.data for event in events if isinstance(event, DataReceived)] for events in
               (p.server_events, p.client_events)]
    return b"".join(arrived[0]), b"".join(arrived[1])


@every_suite
@pytest.mark.parametrize("ems", [True, False])
@pytest.mark.parametrize("etm", [True, False])
def test_a_ticket_resumes_under_every_suite(pair, suite, ems, etm):
    ours = under(suite, ems=ems, encrypt_then_mac=etm)
    p = pair(client=ours, server={**ours, "without_ems": "resume"})
    for resumed in (False, True):
        p.connect()
        assert (p.client.resumed, p.server.resumed) == (resumed, resumed)
        assert p.client.session.suite == suite.code
        assert p.client.secrets == p.server.secrets
        data = bytes(range(256)) * 130  # three records
        assert echo(p, data) == (data, data[::-1])


@every_suite
def test_a_renewed_ticket_resumes_under_every_suite(pair, suite):
    p = pair(client=under(suite), server=under(suite, renew="ticket")).connect()
    tickets = [p.client.ticket_received]
    for _ in range(2):
        p.connect()
        assert p.client.resumed is True
        tickets.append(p.client.ticket_received)

    assert len(set(tickets)) == 3


@with_cbc
@pytest.mark.parametrize(
    ("client", "server", "agreed"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_encrypt_then_mac_is_agreed_anew_in_a_resumption(pair, suite, client, server, agreed):
    p = pair(client=under(suite, encrypt_then_mac=client), server=under(suite, encrypt_then_mac=server))
    for _ in range(2):
        p.connect()
        assert p.client.handshake.server_hello.encrypt_then_mac is agreed
    full = pair(client=under(suite), server=under(suite)).connect()
    later = pair(client=under(suite), server=under(suite, encrypt_then_mac=False))
    later.client_config, later.seed = full.client_config, full.seed
    later.connect()

    assert (later.client.resumed, later.client.handshake.server_hello.encrypt_then_mac) == (True, False)
    assert echo(later, b"data") == (b"data", b"atad")


def test_encrypt_then_mac_is_offered_only_beside_a_suite_that_has_it(pair):
    p = pair().connect()
    assert p.client.handshake.client_hello.extension(ExtensionType.ENCRYPT_THEN_MAC) is None

    p = pair(client={"suites": (0xC02B, 0xC023)}).connect()
    assert p.client.handshake.client_hello.encrypt_then_mac
    assert not p.client.handshake.server_hello.encrypt_then_mac


def test_the_default_offer_is_aes_128_gcm_alone(pair):
    p = pair().connect()

    assert p.client.handshake.client_hello.cipher_suites == DEFAULT_SUITES == (0xC02B, 0xC02F)


@pytest.mark.parametrize("other", [suite.code for suite in SUITES.values()])
def test_suites_that_are_not_shared_make_no_handshake(pair, other):
    mine = next(code for code in SUITES if code != other)
    p = pair(client={"suites": (mine,)}, server={"suites": (other,)})
    p.open()

    with pytest.raises(ProtocolError) as caught:
        p.exchange()
    assert caught.value.alert is AlertDescription.HANDSHAKE_FAILURE


def damaged(octets: bytes, at: int) -> bytes:
    """The octets with one bit flipped."""
    changed = bytearray(octets)
    changed[at] ^= 1
    return bytes(changed)


@every_suite
@pytest.mark.parametrize("at", [5, 20, -1, -17, -40])
def test_a_damaged_record_is_bad_record_mac_wherever_it_is_damaged(pair, suite, at):
    p = pair(client=under(suite), server=under(suite)).connect()
    p.client.send(bytes(100))
    record = p.client.data_to_send()

    with pytest.raises(ProtocolError) as caught:
        p.server.receive(damaged(record, at))

    assert caught.value.alert is AlertDescription.BAD_RECORD_MAC
    told = p.client.receive(p.server.data_to_send())
    assert [event.description for event in told if isinstance(event, AlertReceived)] == [20]


@pytest.mark.parametrize("gives_up", ["client", "server"])
def test_a_further_handshake_does_not_give_up_encrypt_then_mac(pair, gives_up):
    ours = {"suites": (0xC023,), "renegotiation": "any"}
    p = pair(client=ours, server=ours).connect()
    changed = {"suites": (0xC023,), "encrypt_then_mac": False, "renegotiation": "any"}
    without = pair(client=changed, server=changed)
    if gives_up == "server":
        p.server.handshake.config = without.server_config
    p.client.renegotiate(without.client_config if gives_up == "client" else None)

    with pytest.raises(ProtocolError) as caught:
        p.exchange()
    assert caught.value.alert is AlertDescription.HANDSHAKE_FAILURE
    assert (p.client.closed, p.server.closed) == (False, True)  # the server does not even say it


def test_a_further_handshake_goes_from_encrypt_then_mac_to_aead_but_not_behind_it(pair):
    p = pair(client={"suites": (0xC023,), "renegotiation": "any"},
             server={"suites": (0xC023, 0xC02B), "renegotiation": "any", "encrypt_then_mac": True}).connect()
    p.client.renegotiate(pair(client={"suites": (0xC02B,), "renegotiation": "any"}).client_config)
    p.exchange()
    assert p.client.handshake.server_hello.cipher_suite == 0xC02B
    assert echo(p, b"data") == (b"data", b"atad")
    again = {"suites": (0xC023,), "encrypt_then_mac": False, "renegotiation": "any"}
    p.client.renegotiate(pair(client=again).client_config)

    with pytest.raises(ProtocolError) as caught:
        p.exchange()
    assert caught.value.alert is AlertDescription.HANDSHAKE_FAILURE


def test_a_further_handshake_may_change_the_suite_and_its_hash(pair):
    codes = (0xC02B, 0xC02C, 0xC024, 0x009D, 0xCCA8)
    ours = {"suites": codes, "renegotiation": "any", "tickets": False}
    p = pair(client=ours, server={"suites": codes, "renegotiation": "any"}).connect()
    for code in codes:
        p.client.renegotiate(pair(client={**ours, "suites": (code,)}).client_config)
        p.exchange()
        assert (p.client.session.suite, p.client.resumed) == (code, False)
        assert echo(p, b"data") == (b"data", b"atad")
