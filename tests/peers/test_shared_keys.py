"""One key file, two servers: what nginx or HAProxy seals our server resumes, and the other way round."""

import base64
import os
from dataclasses import replace
from pathlib import Path

import pytest

from rfc5077.properties.matrix import haproxy, nginx
from rfc5077.properties.matrix.dialogue import GREETING, OurServer, visit
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.io import connect, system_clock
from rfc5077.reference.ticket.key_file import parse_key_file
from rfc5077.reference.ticket.key_ring import KeyRing

pytestmark = pytest.mark.peer


def key_file(stack, folder: Path, length: int) -> Path:
    """A file of new keys in the manner of a stack."""
    path = folder / f"keys_{length}"
    if stack is nginx:
        path.write_bytes(os.urandom(length))
    else:
        path.write_bytes(b"".join(base64.b64encode(os.urandom(length)) + b"\n" for _ in range(3)))
    return path


def foreign(stack, papers, path: Path, **choices):
    """A server of a stack under a key file."""
    return stack.server(papers, papers.ecdsa, keys=(str(path),) if stack is nginx else path, **choices)


def context_of(path: Path, config: ClientConfig) -> bytes:
    """The session id context in the ticket that a client has: what a server calls those that may share its sessions."""
    ticket = config.store.find(config.store_key, system_clock()).ticket
    (state,) = filter(None, (key.open_state(ticket) for key in parse_key_file(path.read_bytes())))
    return state.context


both_stacks = pytest.mark.parametrize("stack", [nginx, haproxy], ids=["nginx", "haproxy"])
both_lengths = pytest.mark.parametrize("length", [48, 80])


@both_stacks
@both_lengths
@pytest.mark.parametrize("ems", [True, False])
def test_what_they_seal_we_resume(stack, length, ems, papers, tmp_path, client_config, server_config):
    path = key_file(stack, tmp_path, length)
    config = replace(client_config, ems=ems)
    with foreign(stack, papers, path) as server:
        visit(server, config)
    ours = replace(server_config, key_ring=KeyRing(parse_key_file(path.read_bytes())), without_ems="resume")

    with OurServer(ours) as server, connect(*server.address, config) as tls:
        tls.send(GREETING)
        assert tls.recv() == GREETING
        assert tls.connection.resumed is True


@both_stacks
@both_lengths
@pytest.mark.parametrize("ems", [True, False])
def test_what_we_seal_they_resume(stack, length, ems, papers, tmp_path, client_config, server_config):
    path = key_file(stack, tmp_path, length)
    config = replace(client_config, ems=ems)
    with foreign(stack, papers, path) as server:
        visit(server, config)
        ring = KeyRing(parse_key_file(path.read_bytes(), context_of(path, config)))
        afresh = replace(config, store=type(config.store)())
        with OurServer(replace(server_config, key_ring=ring)) as ours, connect(*ours.address, afresh) as tls:
            tls.send(GREETING)
            assert tls.recv() == GREETING
        second = visit(server, afresh)

    assert second.word.resumed is True
    assert second.connection.resumed is True


@both_stacks
def test_under_another_key_both_begin_anew(stack, papers, tmp_path, client_config, server_config):
    path = key_file(stack, tmp_path, 80)
    with foreign(stack, papers, path) as server:
        visit(server, client_config)
    other = key_file(stack, tmp_path, 48)
    ring = KeyRing(parse_key_file(other.read_bytes()))

    with OurServer(replace(server_config, key_ring=ring)) as server, connect(*server.address, client_config) as tls:
        tls.send(GREETING)
        assert tls.recv() == GREETING
        assert tls.connection.resumed is False


@both_stacks
@pytest.mark.parametrize("known", [True, False])
def test_a_client_they_identified_is_resumed_as_itself_only_under_their_context(
    stack, known, papers, tmp_path, client_config, server_config, authority, client_credentials
):
    path = key_file(stack, tmp_path, 80)
    config = replace(client_config, credentials=client_credentials)
    with foreign(stack, papers, path, client_auth=True) as server:
        visit(server, config)
    ring = KeyRing(parse_key_file(path.read_bytes(), context_of(path, config) if known else None))
    ours = replace(server_config, key_ring=ring, client_auth="require", client_roots=authority.anchors)

    with OurServer(ours) as server, connect(*server.address, config) as tls:
        tls.send(GREETING)
        assert tls.recv() == GREETING
        assert tls.connection.resumed is known
