"""Makes the corpus that begins with what other stacks said: OpenSSL (through Python's ssl) with itself, GnuTLS's hello.

    python tests/fuzz/record.py tests/fuzz/corpus

What is there is kept; files are named by their contents. GnuTLS needs the program gnutls-cli.
"""

import hashlib
import socket
import ssl
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from rfc5077.properties.fuzz.machines import script
from rfc5077.properties.fuzz.targets import decoder_input
from rfc5077.reference.io import new_self_signed
from rfc5077.reference.wire.messages import HandshakeReader, message_name
from rfc5077.reference.wire.record import ContentType, RecordReader


def put(corpus: Path, target: str, data: bytes) -> None:
    """One input."""
    folder = corpus / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{hashlib.sha1(data).hexdigest()}.bin").write_bytes(data)


def contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A client and a server of OpenSSL."""
    own = new_self_signed()
    (folder / "both.pem").write_bytes(own.chain_pem() + own.key_pem())
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "both.pem")
    server.set_alpn_protocols(["http/1.1"])
    client = ssl.create_default_context(cadata=own.chain_pem().decode())
    client.set_alpn_protocols(["h2", "http/1.1"])
    for context in (client, server):
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return client, server


def conversation(client_context, server_context, session=None) -> tuple[bytes, bytes, ssl.SSLSession]:
    """All octets of both sides in one handshake, and the session."""
    bios = [ssl.MemoryBIO() for _ in range(4)]
    client = client_context.wrap_bio(bios[0], bios[1], server_hostname="localhost", session=session)
    server = server_context.wrap_bio(bios[2], bios[3], server_side=True)
    said = {client: b"", server: b""}
    for _ in range(6):
        for speaker, out, into in ((client, bios[1], bios[2]), (server, bios[3], bios[0])):
            with suppress(ssl.SSLWantReadError):
                speaker.do_handshake()
            octets = out.read()
            said[speaker] += octets
            into.write(octets)
    assert client.session is not None
    return said[client], said[server], client.session


def messages_in_clear(octets: bytes):
    """The handshake messages in front of ChangeCipherSpec."""
    reader = HandshakeReader()
    for kind, _, fragment in RecordReader().feed(octets):
        if kind is ContentType.CHANGE_CIPHER_SPEC:
            return
        yield from reader.feed(fragment)


def keep(corpus: Path, octets: bytes, victim: str) -> None:
    """One side's octets: its messages for decoders, all of it for the other side's machine."""
    steps = []
    for message in messages_in_clear(octets):
        steps.append((1, bytes((message.kind,)) + message.body))
        name = message_name(message.kind).replace(" ", "")
        if name in ("ClientHello", "ServerHello", "Certificate", "ServerKeyExchange", "ClientKeyExchange",
                    "NewSessionTicket"):  # fmt: skip
            put(corpus, "decoders", decoder_input(name, message.body))
    put(corpus, "machines", script(0, victim, 0, *steps))
    if victim == "server":
        put(corpus, "stream", b"\x00" + octets)


def gnutls_hello() -> bytes:
    """What gnutls-cli says first."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        command = ["gnutls-cli", "--insecure", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2", "-p", str(port)]
        with subprocess.Popen([*command, "127.0.0.1"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL):
            peer, _ = listener.accept()
            with peer:
                return peer.recv(65536)


def main(corpus: Path) -> None:
    """Records everything."""
    with tempfile.TemporaryDirectory() as folder:
        client, server = contexts(Path(folder))
        first, answer, session = conversation(client, server)
        second, abbreviated, _ = conversation(client, server, session)
    for octets, victim in ((first, "server"), (answer, "client"), (second, "server"), (abbreviated, "client")):
        keep(corpus, octets, victim)
    keep(corpus, gnutls_hello(), "server")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
