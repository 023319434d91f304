"""A TLS 1.2 server on Python's ssl that echoes, one connection after the other, until it is ended.

Says one JSON object a line: first its port, then the end of each connection.
"""

import argparse
import hashlib
import json
import select
import socket
import ssl
import sys


def say(**words: object) -> None:
    print(json.dumps(words), flush=True)


def make_context(chosen: argparse.Namespace) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(chosen.certificate, chosen.key)
    if chosen.no_tickets:
        context.options |= ssl.OP_NO_TICKET
    if chosen.client_roots:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(chosen.client_roots)
    return context


def echo(tls: ssl.SSLSocket) -> bytes:
    """Repeats what comes until close_notify; all of it."""
    heard = b""
    while data := tls.recv():
        tls.sendall(data)
        heard += data
    return heard


def serve(context: ssl.SSLContext, transport: socket.socket) -> None:
    try:
        with context.wrap_socket(transport, server_side=True, suppress_ragged_eofs=False) as tls:
            certificate = tls.getpeercert(binary_form=True)
            client = hashlib.sha1(certificate).hexdigest() if certificate else None
            words = {"resumed": tls.session_reused, "heard": echo(tls).decode(), "client": client}
            tls.unwrap().close()  # without a close_notify of its own it would forget the session
            say(**words)
    except OSError as error:
        transport.close()
        say(resumed=None, error=str(error))


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("certificate")
parser.add_argument("key")
parser.add_argument("--client-roots")
parser.add_argument("--no-tickets", action="store_true")
chosen = parser.parse_args()
context = make_context(chosen)
with socket.create_server(("127.0.0.1", 0)) as listener:
    say(port=listener.getsockname()[1])
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            if not (command := sys.stdin.readline().strip()):
                sys.exit()
            if command == "rotate":
                context = make_context(chosen)  # it makes its ticket key itself, so another key is another context
            say(keys=True)
            continue
        transport, _ = listener.accept()
        transport.settimeout(10)
        serve(context, transport)
