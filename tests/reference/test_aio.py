"""reference/aio.py: streams and protocols over real sockets, with our own other end or Python's."""

import asyncio
import contextlib
import socket
import ssl
from dataclasses import replace

import pytest
from pairs import Authority

from rfc5077.reference.aio import create_connection, create_server, open_connection, start_server
from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.connection import HandshakeCompleted, ServerConnection
from rfc5077.reference.io import listen
from rfc5077.reference.tls_socket import PeerAlert


async def echo(reader, writer):
    while data := await reader.read(4096):
        writer.write(data)
        await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def served(config, on_client=echo, **options):
    """A server on a free port, its errors in a list."""
    errors = []
    server = await start_server(on_client, "127.0.0.1", 0, config, report=errors.append, **options)
    async with server:
        yield server.sockets[0].getsockname()[1], errors


def run(work):
    """Runs a coroutine, for ten seconds at most."""

    async def bounded():
        async with asyncio.timeout(10):
            return await work

    return asyncio.run(bounded())


def test_streams_carry_data_both_ways_and_a_second_connection_is_resumed(client_config, server_config):
    async def work():
        seen = []
        async with served(server_config) as (port, errors):
            for _ in range(2):
                reader, writer = await open_connection("127.0.0.1", port, client_config)
                writer.writelines([b"hello ", b"there"])
                await writer.drain()
                seen.append((await reader.readexactly(11), writer.get_extra_info("handshake")))
                assert writer.get_extra_info("tls").peer_certificates or seen[1:]
                assert writer.get_extra_info("peername")[1] == port
                assert writer.get_extra_info("nothing of the kind", 7) == 7
                writer.close()
                await writer.wait_closed()
        return seen, errors

    seen, errors = run(work())

    assert seen == [
        (b"hello there", HandshakeCompleted(False, True, "localhost")),
        (b"hello there", HandshakeCompleted(True, False, "localhost")),
    ]
    assert errors == []


def test_many_octets_pass_in_spite_of_full_buffers(client_config, server_config):
    size = 3_000_000

    async def work():
        async with served(server_config, limit=1024) as (port, _):
            reader, writer = await open_connection("127.0.0.1", port, client_config, limit=1024)

            async def write():
                for _ in range(30):
                    writer.write(bytes(size // 30))
                    await writer.drain()

            task = asyncio.create_task(write())
            data = await reader.readexactly(size)
            await task
            writer.close()
            return len(data)

    assert run(work()) == size


def test_many_clients_are_served_at_once(client_config, server_config):
    async def visit(port, number):
        reader, writer = await open_connection("127.0.0.1", port, client_config)
        writer.write(b"%d\n" % number)
        line = await reader.readline()
        writer.close()
        return int(line)

    async def work():
        async with served(server_config) as (port, _):
            return await asyncio.gather(*(visit(port, number) for number in range(30)))

    assert run(work()) == list(range(30))


def test_closing_says_so_on_the_wire_and_reading_ends(client_config, server_config):
    async def goodbye(reader, writer):
        writer.write(b"bye")
        writer.close()
        writer.write(b"too late")

    async def work():
        async with served(server_config, goodbye) as (port, errors):
            reader, writer = await open_connection("127.0.0.1", port, client_config)
            data = await reader.read()
            connection = writer.get_extra_info("tls")
            assert writer.is_closing() and not writer.can_write_eof()
            writer.close()
            return data, connection.closed, errors

    assert run(work()) == (b"bye", True, [])


# What goes wrong ------------------------------------------------------------------------------------------------------


def test_an_untrusted_server_is_refused_with_the_alert_that_it_is_told(client_config, server_config):
    stranger = replace(client_config, roots=Authority.make("Stranger").anchors)

    async def work():
        async with served(server_config) as (port, errors):
            with pytest.raises(ProtocolError) as error:
                await open_connection("127.0.0.1", port, stranger)
            while not errors:
                await asyncio.sleep(0.01)
            return error.value.alert, errors[0]

    alert, told = run(work())
    assert alert is AlertDescription.UNKNOWN_CA
    assert isinstance(told, PeerAlert) and told.alert.description is AlertDescription.UNKNOWN_CA


def test_a_fatal_alert_in_the_handshake_is_raised(client_config, server_config):
    async def work():
        config = replace(server_config, protocols=("h2",))
        async with served(config) as (port, _):
            await open_connection("127.0.0.1", port, replace(client_config, protocols=("smtp",)))

    with pytest.raises(PeerAlert, match="no_application_protocol"):
        run(work())


def test_a_server_that_says_nothing_is_given_up(client_config):
    with listen() as silent, pytest.raises(TimeoutError, match="not complete in time"):
        run(open_connection(*silent.getsockname(), client_config, handshake_timeout=0.05))


def test_a_server_that_hangs_up_is_a_connection_error(client_config):
    async def work():
        async def hang_up(_, writer):
            writer.close()

        async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
            await open_connection(*server.sockets[0].getsockname(), client_config)

    with pytest.raises(ConnectionError):
        run(work())


def test_nothing_listens_is_said_as_always(client_config):
    with listen() as listener:
        place = listener.getsockname()
    with pytest.raises(ConnectionRefusedError):
        run(open_connection(*place, client_config))


def test_a_caller_that_gives_up_leaves_no_connection_behind(client_config):
    async def work():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            task = asyncio.create_task(open_connection(*listener.getsockname(), client_config))
            await asyncio.sleep(0.05)
            peer, _ = listener.accept()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0.05)
            peer.settimeout(5)
            with peer, contextlib.suppress(ConnectionResetError):
                while peer.recv(4096):
                    pass

    run(work())


def test_clients_that_stall_or_talk_nonsense_do_not_keep_others_from_being_served(client_config, server_config):
    async def work():
        async with served(server_config, handshake_timeout=0.2) as (port, errors):
            stalled = await asyncio.open_connection("127.0.0.1", port)
            odd = await asyncio.open_connection("127.0.0.1", port)
            odd[1].write(b"GET / HTTP/1.1\r\n\r\n")
            reader, writer = await open_connection("127.0.0.1", port, client_config)
            writer.write(b"served")
            assert await reader.readexactly(6) == b"served"
            told = await odd[0].read()
            with contextlib.suppress(ConnectionResetError):
                assert await stalled[0].read() == b""
            for _, each in (stalled, odd):
                each.close()
            writer.close()
            while len(errors) < 2:
                await asyncio.sleep(0.01)
            return told, {type(error) for error in errors}

    told, errors = run(work())
    assert told == b"\x15\x03\x03\x00\x02\x02\x0a"
    assert errors == {ProtocolError, TimeoutError}


def test_a_broken_record_later_on_reaches_the_reader(client_config, server_config):
    async def break_it(reader, writer):
        writer.transport._below.write(b"\x17\x03\x03\x00\x20" + bytes(32))

    async def work():
        async with served(server_config, break_it) as (port, _):
            reader, _ = await open_connection("127.0.0.1", port, client_config)
            await reader.read()

    with pytest.raises(ProtocolError) as error:
        run(work())
    assert error.value.alert is AlertDescription.BAD_RECORD_MAC


# Protocols ------------------------------------------------------------------------------------------------------------


class Greeter(asyncio.Protocol):
    """Notes what it is told."""

    def __init__(self):
        self.calls = []
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.calls.append("made")
        self.transport = transport
        transport.write(b"greetings")

    def data_received(self, data):
        self.calls.append(data)
        self.transport.close()

    def eof_received(self):
        self.calls.append("eof")

    def connection_lost(self, exc):
        self.calls.append(("lost", exc))
        self.lost.set_result(None)


def test_a_protocol_sees_an_established_connection_from_its_first_moment(client_config, server_config):
    async def work():
        servers = []

        def factory():
            servers.append(Greeter())
            return servers[0]

        async with await create_server(factory, "127.0.0.1", 0, server_config) as server:
            place = server.sockets[0].getsockname()
            transport, client = await create_connection(Greeter, *place, client_config)
            assert transport.get_protocol() is client
            assert isinstance(servers[0].transport.get_extra_info("tls"), ServerConnection)
            await asyncio.gather(client.lost, servers[0].lost)
            return client.calls, servers[0].calls

    for calls in run(work()):
        assert calls[:2] == ["made", b"greetings"]
        assert calls[-1] == ("lost", None)


def test_the_ssl_module_talks_with_our_streams(client_config, server_config, authority, ecdsa_credentials, tmp_path):
    chain, key, roots = tmp_path / "chain", tmp_path / "key", tmp_path / "roots"
    chain.write_bytes(ecdsa_credentials.chain_pem())
    key.write_bytes(ecdsa_credentials.key_pem())
    roots.write_text(authority.pem)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.maximum_version = ssl.TLSVersion.TLSv1_2
    theirs.load_cert_chain(chain, key)
    trusting = ssl.create_default_context(cafile=str(roots))

    async def work():
        async with await asyncio.start_server(echo, "127.0.0.1", 0, ssl=theirs) as server:
            reader, writer = await open_connection(*server.sockets[0].getsockname(), client_config)
            writer.write(b"to theirs")
            first = await reader.readexactly(9)
            writer.close()
            await writer.wait_closed()
        async with served(server_config) as (port, _):
            options = {"ssl": trusting, "server_hostname": "localhost"}
            reader, writer = await asyncio.open_connection("127.0.0.1", port, **options)
            writer.write(b"to ours")
            second = await reader.readexactly(7)
            writer.close()
            await writer.wait_closed()
            return first, second

    assert run(work()) == (b"to theirs", b"to ours")
