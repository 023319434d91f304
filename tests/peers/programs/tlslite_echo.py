"""An echo server on tlslite-ng: PORT CERTIFICATE KEY. One connection after the other."""

import contextlib
import socket
import sys
from pathlib import Path

from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey
from tlslite.errors import TLSError


def main(port: int, certificate: str, key: str) -> None:
    private = parsePEMKey(Path(key).read_text(), private=True)
    chain = X509CertChain()
    chain.parsePemList(Path(certificate).read_text())
    settings = HandshakeSettings()
    settings.minVersion = settings.maxVersion = (3, 3)
    settings.ticketKeys = [bytearray(range(32))]
    with socket.create_server(("127.0.0.1", port)) as door:
        while True:
            transport, _ = door.accept()
            transport.settimeout(5)
            with transport, contextlib.suppress(OSError, TLSError):
                transport.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                tls = TLSConnection(transport)
                tls.handshakeServer(certChain=chain, privateKey=private, settings=settings)
                while data := tls.read(max=4096):
                    tls.write(data)
                tls.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
