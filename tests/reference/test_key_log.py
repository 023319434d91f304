"""reference/key_log.py, the line of each handshake, and that secrets show nowhere else."""

import gc
import re
import stat
from dataclasses import fields, is_dataclass, replace

import pytest

from rfc5077.reference.alerts import AlertDescription, AlertLevel, ProtocolError
from rfc5077.reference.key_log import KeyLogFile
from rfc5077.reference.wire.messages import Alert


def line_of(connection) -> str:
    random, secret = connection.secrets.client_random, connection.secrets.master_secret
    return f"CLIENT_RANDOM {random.hex()} {secret.hex()}"


def test_every_handshake_of_either_side_is_logged_once(pair):
    said = {"client": [], "server": []}
    p = pair(client={"key_log": said["client"].append}, server={"key_log": said["server"].append})
    expected = []
    for _ in ("full", "resumed"):
        p.connect()
        assert p.client.secrets == p.server.secrets
        expected.append(line_of(p.client))

    assert said == {"client": expected, "server": expected}
    assert all(re.fullmatch("CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}", line) for line in expected)
    assert expected[0] != expected[1]


def test_a_renegotiation_is_logged_under_its_own_random(pair):
    said = []
    p = pair(client={"renegotiation": "any", "key_log": said.append}, server={"renegotiation": "any"}).connect()
    p.client.renegotiate()
    p.exchange()

    assert said[-1] == line_of(p.client)
    assert len(set(said)) == 2


def test_the_file_is_its_owners_alone_and_is_appended_to(tmp_path):
    path = tmp_path / "keys"
    for line in ("first", "second"):
        with KeyLogFile(path) as log:
            log(line)

    assert path.read_text() == "first\nsecond\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_closed_log_takes_nothing(tmp_path):
    log = KeyLogFile(tmp_path / "keys")
    log.close()
    log.close()

    with pytest.raises(ValueError, match="closed"):
        log("line")


def everything(start) -> list:
    """All objects of the reference and their containers that can be reached from these."""
    found, waiting = {}, list(start)
    while waiting:
        each = waiting.pop()
        if id(each) in found or isinstance(each, type):
            continue
        own = type(each).__module__.startswith("rfc5077.reference")
        if own or isinstance(each, list | tuple | dict | set):
            found[id(each)] = each
            waiting += gc.get_referents(each)
            if is_dataclass(each):
                waiting += [getattr(each, field.name) for field in fields(each)]
    return [each for each in found.values() if type(each).__module__.startswith("rfc5077.reference")]


def secrets_of(p) -> list[bytes]:
    made = p.client.handshake.keys
    keys = [p.client.secrets.master_secret, made.client.key, made.server.key]
    for key in p.server_config.key_ring.keys:
        keys += [key.encryption, key.mac]
    return keys


@pytest.mark.parametrize("complete", [False, True])
def test_no_repr_of_a_live_connection_shows_a_secret(pair, complete):
    p = pair().connect()
    p.client_config = replace(p.client_config, store=None)
    p.open()
    p.server.receive(p.client.data_to_send())
    p.client.receive(p.server.data_to_send())
    p.server.receive(p.client.data_to_send())  # the client waits for Finished and still has its keys
    secrets = secrets_of(p)
    if complete:
        p.exchange()

    objects = everything([p.client, p.server, p.client_config, p.server_config, p.client.secrets, p.server.secrets])
    shown = "\n".join(repr(each) for each in objects)

    assert len({type(each).__name__ for each in objects}) > 15
    for secret in secrets:
        assert secret.hex() not in shown
        assert repr(secret)[2:-1] not in shown


def test_an_established_connection_keeps_neither_key_block_nor_ephemeral_key(pair):
    p = pair().connect()

    for end in (p.client, p.server):
        assert (end.handshake.keys, end.handshake.share) == (None, None)


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda p: p.client.close(), id="closed"),
        pytest.param(lambda p: p.client.end_of_input(), id="broken off"),
        pytest.param(lambda p: alerted(p), id="alerted"),
        pytest.param(lambda p: refused(p.client, b"\x17\x03\x03\x00\x01x"), id="refused"),
    ],
)
def test_an_ended_connection_holds_no_keys_of_records(pair, end):
    p = pair().connect()
    ciphers = "AesGcm"
    assert ciphers in kinds_within(p.client)

    end(p)

    assert p.client.closed
    assert ciphers not in kinds_within(p.client)


def kinds_within(start) -> set[str]:
    return {type(each).__name__ for each in everything([start])}


def alerted(p):
    p.server.layer.send_alert(Alert(AlertLevel.FATAL, AlertDescription.INTERNAL_ERROR))
    p.client.receive(p.server.data_to_send())


def refused(connection, octets):
    with pytest.raises(ProtocolError):
        connection.receive(octets)
