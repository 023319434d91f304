"""Peers: what is checked when one is made, what its failures become, and the stacks in memory talking to each other."""

import importlib.util

import pytest

from rfc5077.properties.adapters import tlslite_ng
from rfc5077.properties.adapters.in_memory import NAMES, Options, in_memory
from rfc5077.properties.adapters.peer import HarnessError, Line, Peer
from rfc5077.properties.errors import UsageError


class Mirror:
    """The least that a peer can be: it says what it is told."""

    def __init__(self) -> None:
        self.octets = b""

    def write(self, octets: bytes) -> None:
        self.octets += octets

    def read(self) -> bytes:
        octets, self.octets = self.octets, b""
        return octets


def mirror(**changes) -> Peer[Mirror]:
    fields = {"name": "mirror", "role": "server", "connect": Mirror, "write": Mirror.write, "read": Mirror.read}
    return Peer(**{**fields, **changes})


def connect(server, client) -> tuple[Line, Line]:
    """One connection, carried until both are silent."""
    near, far = client.open(), server.open()
    carry(near, far)
    return near, far


def carry(near: Line, far: Line) -> None:
    while True:
        there, back = near.read(), far.read()
        if not there and not back:
            return
        if there:
            far.write(there)
        if back:
            near.write(back)


def crash(*_):
    raise ZeroDivisionError("by itself")


def test_three_callables_make_a_peer():
    line = mirror().open()
    line.write(b"one")
    line.write(b"two")
    assert (line.read(), line.read()) == (b"onetwo", b"")


def test_what_a_peer_does_not_tell_is_unknown():
    line = mirror().open()
    line.end()
    assert (line.closed, line.established(), line.resumed()) == (False, None, None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"role": "both"}, "a peer's role is 'both'. it is 'client' or 'server'"),
        ({"name": ""}, "a peer's name is ''"),
        ({"read": None}, "peer mirror: read is None"),
        ({"connect": "127.0.0.1"}, "peer mirror: connect is '127.0.0.1'"),
        ({"closed": True}, "peer mirror: closed is True"),
    ],
)
def test_a_field_that_cannot_work_is_named_with_its_value(changes, said):
    with pytest.raises(UsageError, match="^" + said):
        mirror(**changes)


def refused_use(use):
    with pytest.raises(HarnessError) as caught:
        use()
    return caught.value


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("connect", lambda peer: peer.open()),
        ("write", lambda peer: peer.open().write(b"x")),
        ("read", lambda peer: peer.open().read()),
        ("closed", lambda peer: peer.open().closed),
        ("end", lambda peer: peer.open().end()),
        ("established", lambda peer: peer.open().established()),
        ("resumed", lambda peer: peer.open().resumed()),
    ],
)
def test_a_callable_that_raises_is_a_failure_of_the_harness(name, use):
    error = refused_use(lambda: use(mirror(**{name: crash})))
    assert str(error) == f"mirror: {name} raised ZeroDivisionError: by itself"
    assert isinstance(error.__cause__, ZeroDivisionError)


def test_octets_that_are_none_are_a_failure_of_the_harness():
    error = refused_use(lambda: mirror(read=lambda _: None).open().read())
    assert str(error) == "mirror: read raised TypeError: read returned NoneType, not bytes"


def test_an_interruption_is_no_failure_of_the_harness():
    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mirror(read=interrupt).open().read()


@pytest.mark.parametrize("role", ["server", "client"])
def test_an_unknown_name_is_answered_with_the_known_ones(role):
    with pytest.raises(UsageError, match=r"'gnutls'\. known are reference, python-ssl, tlslite"):
        in_memory("gnutls", role)


@pytest.mark.parametrize("role", ["server", "client"])
def test_without_tlslite_ng_its_peer_says_how_to_install_it(role, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(tlslite_ng, "find_spec", lambda name: None if name == "tlslite" else find(name))
    with pytest.raises(UsageError, match=r"pip install '\.\[peers\]'$"):
        in_memory("tlslite", role)


def test_the_client_of_tlslite_ng_cannot_do_without_tickets():
    with pytest.raises(UsageError, match="leave tickets on"):
        in_memory("tlslite", "client", Options(tickets=False))


@pytest.mark.parametrize("server", NAMES)
@pytest.mark.parametrize("client", NAMES)
def test_every_client_resumes_with_every_server_and_both_say_so(client, server):
    far, near = in_memory(server, "server"), in_memory(client, "client")
    said = []
    for _ in range(2):
        ends = connect(far, near)
        said.append([(end.established(), end.resumed()) for end in ends])
    assert said == [[(True, False)] * 2, [(True, True)] * 2]


@pytest.mark.parametrize("server", NAMES)
@pytest.mark.parametrize("client", ["reference", "python-ssl"])  # K-53: tlslite-ng does not survive it
def test_new_ticket_keys_end_resumption(client, server):
    far, near = in_memory(server, "server"), in_memory(client, "client")
    connect(far, near)
    far.rotate_keys()
    assert [end.resumed() for end in connect(far, near)] == [False, False]


@pytest.mark.parametrize("client", NAMES)
def test_a_client_that_forgets_resumes_nothing(client):
    far, near = in_memory("python-ssl", "server"), in_memory(client, "client")
    connect(far, near)
    near.forget()
    assert [end.resumed() for end in connect(far, near)] == [False, False]


@pytest.mark.parametrize("server", NAMES)
@pytest.mark.parametrize("client", NAMES)
def test_client_certificates_are_shown_and_taken(client, server):
    wish = Options(client_certificate=True)
    ends = connect(in_memory(server, "server", wish), in_memory(client, "client", wish))
    assert [end.established() for end in ends] == [True, True]


@pytest.mark.parametrize("role", ["server", "client"])
@pytest.mark.parametrize("name", NAMES)
def test_nonsense_is_answered_by_an_alert_and_the_end(name, role):
    line = in_memory(name, role).open()
    line.read()
    line.write(bytes.fromhex("16030300050e000001") + b"\x00")  # a message without contents that has some
    answer = line.read()
    assert (answer[:1], answer[5:6], line.closed) == (b"\x15", b"\x02", True)


@pytest.mark.parametrize("role", ["server", "client"])
@pytest.mark.parametrize("name", NAMES)
def test_an_endpoint_closes_when_its_transport_ends(name, role):
    line = in_memory(name, role).open()
    line.read()
    line.end()
    line.write(b"too late")
    assert (line.closed, line.established()) == (True, False)


def test_peers_of_one_name_share_nothing():
    near = in_memory("reference", "client")
    connect(in_memory("python-ssl", "server"), near)
    assert [end.resumed() for end in connect(in_memory("python-ssl", "server"), near)] == [False, False]
