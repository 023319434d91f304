"""Peers in memory behind real sockets, so that whoever drives them has to wait: by a thread for each connection."""

import socket
import threading
import time
from contextlib import suppress

from rfc5077.properties.adapters.sockets import over_sockets


def relayed(peer, delay=0.0):
    """The same peer over TCP, its answers so many seconds late."""
    door = socket.create_server(("127.0.0.1", 0))
    threads = []

    def connect():
        for thread in threads:
            thread.join()  # the connection before has ended, and the peer knows
        ours = socket.create_connection(door.getsockname())
        theirs, _ = door.accept()
        threads[:] = [threading.Thread(target=_relay, args=(theirs, peer.open(), delay), daemon=True)]
        threads[0].start()
        return ours

    return over_sockets(peer.name, peer.role, connect, peer.forget)


def _relay(transport, line, delay):
    transport.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with transport:
        _send(transport, line.read())
        while not line.closed:
            octets = _receive(transport)
            line.write(octets) if octets else line.end()
            time.sleep(delay)
            _send(transport, line.read())
            if not octets:
                return


def _receive(transport):
    """Octets, or none at the end, however it came."""
    try:
        return transport.recv(1 << 16)
    except OSError:
        return b""


def _send(transport, octets):
    with suppress(OSError):  # the other side was faster
        transport.sendall(octets)
