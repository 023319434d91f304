"""A TLS 1.2 client on Python's ssl: some connections one after the other, each with the session of the one before.

It greets, reads the echo and closes. Says one JSON object a line, for each connection.
"""

import argparse
import json
import socket
import ssl


def say(**words: object) -> None:
    print(json.dumps(words), flush=True)


def make_context(chosen: argparse.Namespace) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies the chain and the name
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(chosen.roots)
    if chosen.no_tickets:
        context.options |= ssl.OP_NO_TICKET
    if chosen.certificate:
        context.load_cert_chain(chosen.certificate, chosen.key)
    return context


def visit(
    context: ssl.SSLContext, port: int, greeting: str, name: str, session: ssl.SSLSession | None
) -> ssl.SSLSession | None:
    """One connection; the session to go on with."""
    try:
        with (
            socket.create_connection(("127.0.0.1", port), 10) as transport,
            context.wrap_socket(transport, server_hostname=name, session=session) as tls,
        ):
            tls.sendall(greeting.encode())
            heard = b""
            while len(heard) < len(greeting) and (data := tls.recv()):
                heard += data
            words, session = {"resumed": tls.session_reused, "heard": heard.decode()}, tls.session
            tls.unwrap().close()
            say(**words)
    except OSError as error:
        say(resumed=None, error=str(error))
    return session


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("port", type=int)
parser.add_argument("count", type=int)
parser.add_argument("greeting")
parser.add_argument("--roots")
parser.add_argument("--fingerprint", help="of the server's certificate; the roots decide here")
parser.add_argument("--certificate")
parser.add_argument("--key")
parser.add_argument("--names", default="localhost", help="to ask for, the last one for all that follow")
parser.add_argument("--no-tickets", action="store_true")
chosen = parser.parse_args()
context = make_context(chosen)
session = None
names = chosen.names.split(",")
for number in range(chosen.count):
    session = visit(context, chosen.port, chosen.greeting, names[min(number, len(names) - 1)], session)
