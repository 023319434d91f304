"""A TLS 1.2 client on tlslite-ng: some connections one after the other, each with the session of the one before.

It greets, reads the echo and closes. Says one JSON object a line, for each connection.
"""

import argparse
import json
import socket
from pathlib import Path

from tlslite.api import (
    BaseTLSException,
    Checker,
    HandshakeSettings,
    Session,
    TLSConnection,
    X509CertChain,
    parsePEMKey,
)


def say(**words: object) -> None:
    print(json.dumps(words), flush=True)


def own_credentials(chosen: argparse.Namespace) -> dict[str, object]:
    if chosen.certificate is None:
        return {}
    chain = X509CertChain()
    chain.parsePemList(Path(chosen.certificate).read_text(encoding="ascii"))
    return {"certChain": chain, "privateKey": parsePEMKey(Path(chosen.key).read_text(encoding="ascii"), private=True)}


def visit(chosen: argparse.Namespace, name: str, session: Session | None) -> Session | None:
    """One connection; the session to go on with."""
    if session is not None and session.serverName != name:
        session = None  # it would refuse to offer it
    settings = HandshakeSettings()
    settings.minVersion = settings.maxVersion = (3, 3)
    with socket.create_connection(("127.0.0.1", chosen.port), 10) as transport:
        tls = TLSConnection(transport)
        try:
            tls.handshakeClientCert(
                **own_credentials(chosen),
                session=session,
                settings=settings,
                checker=Checker(x509Fingerprint=chosen.fingerprint),
                serverName=name,
            )
            tls.write(chosen.greeting.encode())
            heard = tls.read(min=len(chosen.greeting), max=len(chosen.greeting))
            session = tls.session
            tls.close()
            say(resumed=tls.resumed, heard=heard.decode())
        except (BaseTLSException, OSError) as error:
            say(resumed=None, error=f"{type(error).__name__} {error}")
    return session


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("port", type=int)
parser.add_argument("count", type=int)
parser.add_argument("greeting")
parser.add_argument("--roots", help="of the server's certificate; its fingerprint decides here")
parser.add_argument("--fingerprint")
parser.add_argument("--certificate")
parser.add_argument("--key")
parser.add_argument("--names", default="localhost", help="to ask for, the last one for all that follow")
chosen = parser.parse_args()
session = None
names = chosen.names.split(",")
for number in range(chosen.count):
    session = visit(chosen, names[min(number, len(names) - 1)], session)
