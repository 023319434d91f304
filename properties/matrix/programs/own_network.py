"""Runs a server that cannot help listening on every interface, in a network that has only a loopback of its own.

The namespace is the caller's doing (`unshare --net`). For each octet that comes through the socket CHANNEL, a Unix
socket inherited by its number, a TCP connection to the server's PORT goes back as a file descriptor: it is used from
outside, and stays inside. Ends when CHANNEL does.
"""

import argparse
import fcntl
import socket
import struct
import subprocess

GET_FLAGS, SET_FLAGS, UP = 0x8913, 0x8914, 1
"""Numbers of Linux: SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP."""

REQUEST = "16sh22x"
"""struct ifreq: a name, and flags behind it."""


def bring_loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        answer = fcntl.ioctl(any_socket, GET_FLAGS, struct.pack(REQUEST, b"lo", 0))
        _, flags = struct.unpack(REQUEST, answer)
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack(REQUEST, b"lo", flags | UP))


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("channel", type=int)
parser.add_argument("port", type=int)
parser.add_argument("command", nargs=argparse.REMAINDER)
chosen = parser.parse_args()
bring_loopback_up()
server = subprocess.Popen(chosen.command, stdin=subprocess.DEVNULL)
try:
    with socket.socket(fileno=chosen.channel) as channel:
        while channel.recv(1):
            with socket.create_connection(("127.0.0.1", chosen.port), 10) as connection:
                socket.send_fds(channel, [b"."], [connection.fileno()])
finally:
    server.terminate()
    server.wait()
