"""HAProxy and nginx as clients: plain connections to them become TLS connections to us, one service for each name."""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from rfc5077.properties.matrix.dialogue import GREETING, REQUEST, Word
from rfc5077.properties.matrix.papers import Identity, Papers
from rfc5077.properties.matrix.process import PATIENCE, Child, program

HAPROXY = """\
global
  nbthread 1
  log stdout format raw local0
defaults
  mode tcp
  log global
  timeout client 5s
  timeout server 5s
  timeout connect 5s
"""

HAPROXY_SERVICE = """\
listen {name}
  bind fd@{number}
  log-format "outcome %[ssl_bc] %[ssl_bc_is_resumed] %tsc"
  server s 127.0.0.1:{port} ssl verify required ca-file {roots} sni str({name}) verifyhost {name} {own} \
ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.2
"""

NGINX = """\
daemon off;
worker_processes 1;  # with no master process at all, inherited sockets are its end
pid nginx.pid;
error_log stderr error;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path temporary_1;
  proxy_temp_path temporary_2;
  fastcgi_temp_path temporary_3;
  uwsgi_temp_path temporary_4;
  scgi_temp_path temporary_5;
  proxy_ssl_protocols TLSv1.2;
  proxy_ssl_verify on;
  proxy_ssl_trusted_certificate {roots};
  proxy_ssl_server_name on;
  proxy_ssl_session_reuse on;
  proxy_buffering off;
  {own}
  {services}
}}
"""

NGINX_SERVICE = """\
upstream {name} {{ server 127.0.0.1:{port}; }}
  server {{ listen {listen}; location / {{ proxy_pass https://{name}; proxy_ssl_name {name}; proxy_set_header \
Greeting $http_greeting; }} }}
"""


@dataclass(frozen=True)
class Orders:
    """What a client is to do: where to go, whom to trust, as whom, under which names."""

    folder: Path
    port: int
    roots: str
    own: Identity | None
    names: tuple[str, ...]


@contextmanager
def _listeners(names: Sequence[str]) -> Iterator[dict[str, socket.socket]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(socket.create_server(("127.0.0.1", 0))) for name in dict.fromkeys(names)}


def _start_haproxy(orders: Orders, listeners: dict[str, socket.socket]) -> Child:
    own = ""
    if orders.own is not None:
        both = orders.folder / "own.pem"
        texts = (Path(orders.own.certificate).read_text("ascii"), Path(orders.own.key).read_text("ascii"))
        both.write_text("".join(texts), encoding="ascii")
        own = f"crt {both}"
    services = [
        HAPROXY_SERVICE.format(name=name, number=each.fileno(), port=orders.port, roots=orders.roots, own=own)
        for name, each in listeners.items()
    ]
    configuration = orders.folder / "haproxy.cfg"
    configuration.write_text(HAPROXY + "".join(services), encoding="utf-8")
    numbers = [each.fileno() for each in listeners.values()]
    return Child(program("haproxy", "haproxy"), "-db", "-f", str(configuration), pass_fds=numbers)


def _through_haproxy(child: Child, port: int) -> Word:
    """A connection of plain text; its log tells of the other side."""
    with closing(socket.create_connection(("127.0.0.1", port), PATIENCE)) as plain:
        plain.sendall(GREETING)
        heard = _receive(plain, GREETING)
    _, encrypted, resumed, why = child.line("^outcome ").string.split()
    if GREETING not in heard or encrypted != "1":
        return Word(None, error=f"it could not connect ({why})")
    return Word(resumed == "1", heard)


def _start_nginx(orders: Orders, listeners: dict[str, socket.socket]) -> Child:
    own = ""
    if orders.own is not None:
        own = f"proxy_ssl_certificate {orders.own.certificate}; proxy_ssl_certificate_key {orders.own.key};"
    services = [
        NGINX_SERVICE.format(name=name, port=orders.port, listen=f"127.0.0.1:{each.getsockname()[1]}")
        for name, each in listeners.items()
    ]
    text = NGINX.format(roots=orders.roots, own=own, services="  ".join(services))
    (orders.folder / "nginx.conf").write_text(text, encoding="utf-8")
    numbers = [each.fileno() for each in listeners.values()]
    inherited = "".join(f"{number};" for number in numbers)
    command = (program("nginx", "nginx-light"), "-p", str(orders.folder), "-c", "nginx.conf", "-e", "stderr")
    return Child(*command, pass_fds=numbers, environment={"NGINX": inherited})


def _through_nginx(child: Child, port: int) -> Word:
    """A request, which our server repeats as if it were an answer."""
    with closing(socket.create_connection(("127.0.0.1", port), PATIENCE)) as plain:
        plain.sendall(REQUEST)
        heard = _receive(plain, b"Greeting: " + GREETING.strip())
    if GREETING.strip() not in heard:
        return Word(None, error=heard.partition(b"\r\n")[0].decode("ascii", "replace"), tells=False)
    return Word(None, GREETING, tells=False)


def _receive(plain: socket.socket, until: bytes) -> bytes:
    """What comes until that has come, or the end."""
    heard = b""
    while until not in heard and (more := plain.recv(4096)):
        heard += more
    return heard


Start = Callable[[Orders, dict[str, socket.socket]], Child]
Through = Callable[[Child, int], Word]


@dataclass(frozen=True)
class Proxy:
    """A proxy as a client: how it is started, and how a connection is led through it."""

    start: Start
    through: Through

    def client(
        self, papers: Papers, address: tuple[str, int], count: int, *, identity: Identity, roots: str | None = None,
        own: Identity | None = None, names: Sequence[str] = (),
    ) -> list[Word]:  # fmt: skip
        """So many connections of one process."""
        asked = [names[min(number, len(names) - 1)] if names else "localhost" for number in range(count)]
        folder = Path(mkdtemp(prefix="proxy_", dir=papers.folder))
        orders = Orders(folder, address[1], roots or papers.roots, own, tuple(asked))
        with _listeners(asked) as listeners:
            ports = {name: each.getsockname()[1] for name, each in listeners.items()}
            child = self.start(orders, listeners)
        with child:
            return [self.through(child, ports[name]) for name in asked]


HAPROXY_CLIENT = Proxy(_start_haproxy, _through_haproxy)
NGINX_CLIENT = Proxy(_start_nginx, _through_nginx)
