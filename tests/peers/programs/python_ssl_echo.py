"""An echo server on Python's ssl: PORT CERTIFICATE KEY. One connection after the other."""

import contextlib
import socket
import ssl
import sys


def main(port: int, certificate: str, key: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", port)) as door:
        while True:
            transport, _ = door.accept()
            transport.settimeout(5)
            with transport, contextlib.suppress(OSError):
                transport.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with context.wrap_socket(transport, server_side=True) as tls:
                    while data := tls.recv():
                        tls.sendall(data)
                    tls.unwrap()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
