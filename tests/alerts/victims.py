"""OpenSSL and GnuTLS in memory, as victims of the rows of `table`: octets in, octets out.

OpenSSL through pyOpenSSL, with the library that `cryptography` brings; GnuTLS through ctypes, with the system's. Both
take any certificate unless they are given roots: what is compared is the alerts for faults of the protocol. GnuTLS
leaves it to the application to send alerts, by the function that chooses them, as its own programs do.
"""

import ctypes
import ctypes.util
import errno
from contextlib import suppress
from functools import cache

from cryptography import x509
from OpenSSL import SSL

from rfc5077.properties.fuzz.walk import Kind, Walk, credentials
from rfc5077.reference.alerts import AlertDescription, AlertLevel, ProtocolError
from rfc5077.reference.events import AlertReceived
from rfc5077.reference.keys.credentials import Credentials
from rfc5077.reference.wire.record import RecordReader


class OpenSsl:
    """One end of OpenSSL."""

    def __init__(self, kind: Kind, victim: str) -> None:
        context = SSL.Context(SSL.TLS_SERVER_METHOD if victim == "server" else SSL.TLS_CLIENT_METHOD)
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        context.set_options(0 if kind.client.tickets else SSL.OP_NO_TICKET)
        if victim == "server":
            own = credentials("localhost")
            context.use_certificate(x509.load_der_x509_certificate(own.chain[0]))
            context.use_privatekey(own.key)
            if kind.server.client_auth == "require":
                context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
                context.set_session_id(b"test")
        elif kind.client.protocols:
            context.set_alpn_protos([name.encode() for name in kind.client.protocols])
        self._connection = SSL.Connection(context, None)
        if victim == "server":
            self._connection.set_accept_state()
        else:
            self._connection.set_connect_state()
            self._connection.set_tlsext_host_name(b"localhost")
        self._established = False

    @staticmethod
    def version() -> str:
        """Of the library."""
        return SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode()

    def feed(self, octets: bytes) -> bytes:
        """What it sends on these octets."""
        if octets:
            self._connection.bio_write(octets)
        with suppress(SSL.Error):
            if not self._established:
                self._connection.do_handshake()
                self._established = True
            self._connection.recv(65536)
        try:
            return self._connection.bio_read(1 << 20)
        except SSL.WantReadError:
            return b""


@cache
def _library() -> ctypes.CDLL:
    name = ctypes.util.find_library("gnutls")
    if name is None:
        raise AssertionError("GnuTLS is not there; install gnutls-bin")
    library = ctypes.CDLL(name)
    library.gnutls_check_version.restype = ctypes.c_char_p
    library.gnutls_record_recv.restype = ctypes.c_ssize_t
    return library


class _Datum(ctypes.Structure):
    _fields_ = (("data", ctypes.c_void_p), ("size", ctypes.c_uint))


_PUSH = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
_PULL = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
_SERVER, _CLIENT, _NONBLOCK = 1, 2, 8
_CERTIFICATE, _DNS, _PEM, _REQUIRE, _AGAIN, _MANDATORY = 1, 1, 1, 2, -28, 1


class GnuTls:
    """One end of GnuTLS."""

    def __init__(self, kind: Kind, victim: str, roots: bytes = b"", own: Credentials | None = None) -> None:
        """With `roots` (PEM) it verifies the peer's chain, and a server's name; `own` is what it shows of itself."""
        self._library, self._session = _library(), ctypes.c_void_p()
        self._in, self._out, self._kept = bytearray(), bytearray(), []
        self._established = self._over = False
        call, server = self._call, victim == "server"
        call("init", ctypes.byref(self._session), (_SERVER if server else _CLIENT) | _NONBLOCK)
        priority = b"NORMAL:-VERS-ALL:+VERS-TLS1.2" + (b"" if kind.client.tickets else b":%NO_TICKETS")
        call("priority_set_direct", self._session, priority, None)
        self._credentials(own or (credentials("localhost") if server else None), roots)
        if roots:
            call("session_set_verify_cert", self._session, None if server else b"localhost", 0)
        if server:
            self._key = _Datum()
            call("session_ticket_key_generate", ctypes.byref(self._key))
            call("session_ticket_enable_server", self._session, ctypes.byref(self._key))
            if kind.server.client_auth == "require":
                self._library.gnutls_certificate_server_set_request(self._session, _REQUIRE)
            self._protocols(kind.server.protocols)
        else:
            call("server_name_set", self._session, _DNS, b"localhost", 9)
            self._protocols(kind.client.protocols)
        self._callbacks = _PUSH(self._push), _PULL(self._pull)
        self._library.gnutls_transport_set_push_function(self._session, self._callbacks[0])
        self._library.gnutls_transport_set_pull_function(self._session, self._callbacks[1])

    @staticmethod
    def version() -> str:
        """Of the library."""
        return f"GnuTLS {_library().gnutls_check_version(None).decode()}"

    def _call(self, name: str, *arguments: object) -> None:
        result = getattr(self._library, f"gnutls_{name}")(*arguments)
        assert result >= 0, f"gnutls_{name} says {result}"

    def _datum(self, octets: bytes) -> _Datum:
        kept = ctypes.create_string_buffer(octets, len(octets))
        self._kept.append(kept)
        return _Datum(ctypes.cast(kept, ctypes.c_void_p), len(octets))

    def _credentials(self, own: Credentials | None, roots: bytes) -> None:
        held = ctypes.c_void_p()
        self._call("certificate_allocate_credentials", ctypes.byref(held))
        if roots:
            self._call("certificate_set_x509_trust_mem", held, ctypes.byref(self._datum(roots)), _PEM)
        if own is not None:
            pair = self._datum(own.chain_pem()), self._datum(own.key_pem())
            self._call("certificate_set_x509_key_mem", held, *map(ctypes.byref, pair), _PEM)
        self._call("credentials_set", self._session, _CERTIFICATE, held)

    def _protocols(self, names: tuple[str, ...]) -> None:
        if names:
            data = (_Datum * len(names))(*(self._datum(name.encode()) for name in names))
            self._call("alpn_set_protocols", self._session, data, len(names), _MANDATORY)

    def _push(self, _: int, data: int, length: int) -> int:
        self._out += ctypes.string_at(data, length)
        return length

    def _pull(self, _: int, data: int, length: int) -> int:
        if not self._in:
            self._library.gnutls_transport_set_errno(self._session, errno.EAGAIN)
            return -1
        part = bytes(self._in[:length])
        del self._in[: len(part)]
        ctypes.memmove(data, part, len(part))
        return len(part)

    def feed(self, octets: bytes) -> bytes:
        """What it sends on these octets."""
        if self._over:
            return b""
        self._in += octets
        result = 0 if self._established else self._library.gnutls_handshake(self._session)
        self._established |= result == 0
        if self._established:
            room = ctypes.create_string_buffer(65536)
            result = self._library.gnutls_record_recv(self._session, room, len(room))
        if result < 0 and result != _AGAIN:
            self._library.gnutls_alert_send_appropriate(self._session, ctypes.c_int(result))
            self._over = bool(self._library.gnutls_error_is_fatal(ctypes.c_int(result)))
        sent = bytes(self._out)
        self._out.clear()
        return sent


class Conversation(Walk):
    """A conversation of our led peer with a foreign victim."""

    def __init__(self, kind: Kind, victim: str, foreign: OpenSsl | GnuTls) -> None:
        super().__init__(kind, victim)
        self._foreign = foreign
        self._sent = bytearray(foreign.feed(b""))
        self.answered = b""

    def feed(self, octets: bytes) -> None:
        """Octets to the foreign victim."""
        answer = self._foreign.feed(octets)
        self.answered = answer or self.answered
        self._sent += answer

    def alert(self) -> AlertDescription | int | None:
        """The fatal alert that it has sent last, None if none."""
        records = [it for kind, _, it in RecordReader().feed(self.answered) if kind == 21]
        if records and len(records[-1]) == 2 and records[-1][0] == AlertLevel.FATAL:  # not protected
            return AlertDescription(records[-1][1])
        try:
            events = self.peer.receive(bytes(self._sent))
        except ProtocolError:
            events = list(self.peer.last_events)
        found = [it for it in events if isinstance(it, AlertReceived) and it.level is AlertLevel.FATAL]
        return found[-1].description if found else None
