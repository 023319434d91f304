"""A TLS 1.2 server on tlslite-ng that echoes, one connection after the other, until it is ended.

Says one JSON object a line: first its port, then the end of each connection.
"""

import argparse
import json
import os
import select
import socket
import sys
from pathlib import Path

from tlslite.api import BaseTLSException, HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey


def say(**words: object) -> None:
    print(json.dumps(words), flush=True)


def make_settings(chosen: argparse.Namespace) -> HandshakeSettings:
    settings = HandshakeSettings()
    settings.minVersion = settings.maxVersion = (3, 3)
    settings.ticketKeys = [] if chosen.no_tickets else [bytearray(os.urandom(32))]
    return settings


def change_keys(settings: HandshakeSettings, command: str) -> None:
    """What a line of the input asks for; the end of the input ends the program."""
    if command == "rotate":
        settings.ticketKeys = [bytearray(os.urandom(32)), *settings.ticketKeys[:1]]
    elif command == "retire":
        settings.ticketKeys = settings.ticketKeys[:1]
    else:
        sys.exit()
    say(keys=True)


def echo(tls: TLSConnection) -> bytes:
    """Repeats what comes until close_notify; all of it."""
    heard = b""
    while data := tls.read(max=4096):
        tls.write(data)
        heard += data
    return heard


def serve(chosen: argparse.Namespace, settings: HandshakeSettings, transport: socket.socket) -> None:
    chain = X509CertChain()
    chain.parsePemList(Path(chosen.certificate).read_text(encoding="ascii"))
    key = parsePEMKey(Path(chosen.key).read_text(encoding="ascii"), private=True)
    tls = TLSConnection(transport)
    tls.ignoreAbruptClose = False
    try:
        asks = chosen.client_roots is not None
        tls.handshakeServer(certChain=chain, privateKey=key, settings=settings, reqCert=asks)
        shown = tls.session.clientCertChain
        client = shown.getFingerprint() if shown else None
        words = {"resumed": tls.resumed, "heard": echo(tls).decode(), "client": client}
        tls.close()
        say(**words)
    except (BaseTLSException, OSError) as error:
        say(resumed=None, error=f"{type(error).__name__} {error}")
    finally:
        transport.close()


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("certificate")
parser.add_argument("key")
parser.add_argument("--client-roots", help="if given, a client certificate is asked for; no chain is checked here")
parser.add_argument("--no-tickets", action="store_true")
chosen = parser.parse_args()
settings = make_settings(chosen)
with socket.create_server(("127.0.0.1", 0)) as listener:
    say(port=listener.getsockname()[1])
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            change_keys(settings, sys.stdin.readline().strip())
            continue
        transport, _ = listener.accept()
        transport.settimeout(10)
        serve(chosen, settings, transport)
