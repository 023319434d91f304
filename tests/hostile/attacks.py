"""Clients that mean harm, over TCP, to `rfc5077 serve`; the counts are arguments. Run as a program, the long form:

    python tests/hostile/attacks.py --garbage 10000
"""

import argparse
import random
import socket
import struct
import threading
import time
from contextlib import ExitStack, contextmanager, suppress

from rfc5077.properties.bench.crowd import memory_of, serving
from rfc5077.reference.connection import ClientConnection
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.handshake.offer import Offer, make_client_hello
from rfc5077.reference.io import connect, system_clock
from rfc5077.reference.keys.exchange import system_entropy
from rfc5077.reference.ticket.store import TicketStore
from rfc5077.reference.wire.messages import handshake
from rfc5077.reference.wire.record import encode_record, encode_records

TIMEOUT = 1.0
"""Seconds after which the attacked server cuts a handshake off."""

AT_ONCE = 50
"""Garbage connections that are open at the same time."""

CLIENT = ClientConfig("localhost", insecure=True)


class Healthy:
    """A client that connects again and again while others attack: each connection is made, greeted, echoed, closed."""

    def __init__(self, place: tuple[str, int]) -> None:
        self.served = 0
        self.slowest = 0.0
        self.failures: list[str] = []
        self._place = place
        self._stop = threading.Event()
        self._config = ClientConfig("localhost", insecure=True, store=TicketStore())
        self._thread = threading.Thread(target=self._run)

    def once(self) -> None:
        begun = time.monotonic()
        try:
            with connect(*self._place, self._config, 20) as tls:
                tls.send(b"hello")
                if tls.recv() != b"hello":
                    self.failures.append("a wrong echo")
        except OSError as error:
            self.failures.append(repr(error))
        self.served += 1
        self.slowest = max(self.slowest, time.monotonic() - begun)

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            self.once()

    def __enter__(self) -> "Healthy":
        self.once()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.once()


@contextmanager
def attacked(*options: str):
    """A server with a healthy client at it: its place, its process and that client."""
    with serving("--timeout", str(TIMEOUT), *options) as (host, port, process), Healthy((host, port)) as healthy:
        yield (host, port), process, healthy


def genuine_hello(ticket: bytes = b"") -> bytes:
    """A ClientHello in its records; with a ticket that nobody sealed if one is given."""
    hello = make_client_hello(CLIENT, Offer(), random.Random(1).randbytes)
    extensions = tuple((kind, ticket if kind == 35 else body) for kind, body in hello.extensions)
    hello = type(hello)(hello.version, hello.random, b"", hello.cipher_suites, b"\x00", extensions)
    return encode_records(22, handshake(1, hello.encode()), version=0x0301)


def reset(peer: socket.socket) -> None:
    """Closes by RST."""
    with suppress(OSError):  # the server was faster
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def garbage(place: tuple[str, int], count: int, seed: int = 1) -> None:
    """So many connections that say something senseless, each in its own way, and leave in one of three."""
    drawn, hello = random.Random(seed), genuine_hello()
    for _ in range(0, count, AT_ONCE):
        with ExitStack() as stack:
            peers = [stack.enter_context(socket.create_connection(place, 20)) for _ in range(AT_ONCE)]
            for peer in peers:
                with suppress(OSError):  # the server may have refused it already
                    peer.sendall(senseless(drawn, hello))
                    if drawn.random() < 0.3:
                        peer.settimeout(5)
                        peer.recv(4096)
                if drawn.random() < 0.3:
                    reset(peer)


def senseless(drawn: random.Random, hello: bytes) -> bytes:
    """Noise, noise in records, a hello with octets changed, a part of one, HTTP."""
    noise = drawn.randbytes(drawn.randrange(1, 600))
    changed = bytearray(hello)
    for _ in range(drawn.randrange(1, 4)):
        changed[drawn.randrange(len(changed))] = drawn.randrange(256)
    choices = (
        noise, encode_record(22, noise), encode_record(drawn.randrange(20, 24), noise), bytes(changed),
        hello[: drawn.randrange(len(hello))], hello, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", hello + noise,
    )  # fmt: skip
    return drawn.choice(choices)


def reset_at_each_octet(place: tuple[str, int]) -> int:
    """RST after each number of octets of a handshake's two flights; how many connections that were."""
    first = genuine_hello()
    for cut in range(len(first)):
        peer = socket.create_connection(place, 20)
        peer.sendall(first[:cut])
        reset(peer)
    cut, second = 0, b"?"
    while cut < len(second):
        peer, second = in_mid_handshake(place)
        with suppress(OSError):
            peer.sendall(second[:cut])
        reset(peer)
        cut += 1
    return len(first) + len(second)


def in_mid_handshake(place: tuple[str, int]) -> tuple[socket.socket, bytes]:
    """A connection, and the client's second flight that has not been sent yet."""
    client = ClientConnection(CLIENT, system_clock, system_entropy)
    client.start()
    peer = socket.create_connection(place, 20)
    peer.sendall(client.data_to_send())
    flight = b""
    while not flight:
        client.receive(peer.recv(65536))
        flight = client.data_to_send()
    return peer, flight


def lorises(place: tuple[str, int], count: int, seconds: float) -> list[float]:
    """So many connections that send an octet of a hello now and then; after how many seconds each was cut off."""
    hello, lasted = genuine_hello(), []
    peers = {socket.create_connection(place, 20): time.monotonic() for _ in range(count)}
    for octet in hello:
        for peer in list(peers):
            peer.setblocking(False)
            try:
                peer.send(bytes((octet,)))
                ended = peer.recv(64) == b""
            except BlockingIOError:
                ended = False
            except OSError:
                ended = True
            if ended:
                lasted.append(time.monotonic() - peers.pop(peer))
                peer.close()
        time.sleep(seconds / len(hello))
    for peer in peers:
        peer.close()
    return lasted


def half_open(place: tuple[str, int], count: int) -> ExitStack:
    """So many connections that say nothing; the caller closes them."""
    stack = ExitStack()
    for _ in range(count):
        stack.enter_context(socket.create_connection(place, 20))
    return stack


def answer_to(place: tuple[str, int], octets: bytes, seconds: float = 10) -> bytes:
    """Everything that the server says to these octets until it closes, or has said nothing for so long."""
    said = b""
    with socket.create_connection(place, seconds) as peer, suppress(OSError):
        peer.sendall(octets)
        while part := peer.recv(65536):
            said += part
    return said


def main() -> None:
    """The long form; prints what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--garbage", type=int, default=10_000)
    parser.add_argument("--silent", type=int, default=2_000)
    asked = parser.parse_args()
    with attacked() as (place, process, healthy):
        before, begun = memory_of(process), time.monotonic()
        garbage(place, asked.garbage)
        resets = reset_at_each_octet(place)
        with half_open(place, asked.silent):
            lasted = lorises(place, 100, 3 * TIMEOUT)
        seconds, after = time.monotonic() - begun, memory_of(process)
    print(f"{asked.garbage} garbage, {resets} reset, {asked.silent} silent, 100 slow connections in {seconds:.0f} s")
    print(f"slow ones cut off after {min(lasted):.1f} to {max(lasted):.1f} s; memory {before:.0f} to {after:.0f} MB")
    print(f"{healthy.served} healthy connections, {len(healthy.failures)} failed, {healthy.slowest:.2f} s at most")


if __name__ == "__main__":
    main()
