"""nginx as a server: its ticket keys are in files, and what a key that is not the first has sealed is renewed."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import mkdtemp

from rfc5077.properties.matrix.dialogue import Word, open_connection, page
from rfc5077.properties.matrix.papers import Identity, Papers
from rfc5077.properties.matrix.process import Child, program, version_of
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.tls_socket import TLSSocket

NAME = "nginx"
PACKAGE = "nginx-light"

CONFIGURATION = """\
daemon off;
worker_processes 1;  # with no master process at all, a new configuration would leave it deaf
pid nginx.pid;
error_log stderr notice;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path temporary_1;
  proxy_temp_path temporary_2;
  fastcgi_temp_path temporary_3;
  uwsgi_temp_path temporary_4;
  scgi_temp_path temporary_5;
  keepalive_timeout 0;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {identity.certificate};
    ssl_certificate_key {identity.key};
    ssl_protocols TLSv1.2;
    {choices}
    return 200 "$ssl_session_reused $ssl_client_fingerprint $http_greeting\\n";
  }}
}}
"""


def version() -> str:
    """Of the program."""
    return version_of("nginx", PACKAGE, "-v").partition("nginx/")[2]


class Server:
    """A running nginx. It answers a request by its view of the connection and the greeting in the request."""

    def __init__(self, child: Child, folder: Path, port: int, identity: Identity, choices: tuple[str, ...]) -> None:
        self._child = child
        self._folder = folder
        self._port = port
        self._identity = identity
        self._choices = choices
        self._answer = b""
        self._rotations = 0

    def connect(self, config: ClientConfig) -> TLSSocket:
        """A connection to it."""
        return open_connection(("127.0.0.1", self._port), config)

    def talk(self, tls: TLSSocket) -> bytes:
        """A request with a greeting; the body of the answer."""
        self._answer = page(tls)
        return self._answer

    def word(self) -> Word:
        """What its last answer said."""
        reused, client, greeting = self._answer.decode("ascii").split(" ", 2)
        return Word({"r": True, ".": False}[reused], greeting.encode(), client or None)

    def rotate(self) -> None:
        """A further key seals, the one before still opens."""
        self._rotations += 1
        self.use_keys(f"key_{self._rotations}", f"key_{self._rotations - 1}")

    def retire(self) -> None:
        """The newest key is the only one."""
        self.use_keys(f"key_{self._rotations}")

    def use_keys(self, *names: str) -> None:
        """From now on the key of the first name seals, and all of them open. New names get new keys."""
        _configure(self._folder, self._port, self._identity, (*self._choices, *_keys(self._folder, names)))
        self._child.signal(signal.SIGHUP)
        self._child.line(r"worker process \d+ exited with code 0")


def _keys(folder: Path, names: tuple[str, ...]) -> list[str]:
    for name in names:
        path = folder / name
        if not path.exists():
            path.write_bytes(os.urandom(80))
    return [f"ssl_session_ticket_key {name};" for name in names]


def _configure(folder: Path, port: int, identity: Identity, choices: tuple[str, ...]) -> None:
    text = CONFIGURATION.format(port=port, identity=identity, choices="\n    ".join(choices))
    (folder / "nginx.conf").write_text(text, encoding="utf-8")


@contextmanager
def server(
    papers: Papers, identity: Identity, *, tickets: bool = True, client_auth: bool = False, keys: tuple[str, ...] = ()
) -> Iterator[Server]:
    """A server without a session cache; `client_auth` demands a client certificate, `keys` are names of ticket keys.

    nginx takes over a socket that listens already, so the system chooses the port and nobody has to wait for it.
    """
    path = program("nginx", PACKAGE)
    folder = Path(mkdtemp(prefix="nginx_", dir=papers.folder))
    choices: tuple[str, ...] = () if tickets else ("ssl_session_tickets off;",)
    choices += ("ssl_verify_client on;", f"ssl_client_certificate {papers.roots};") if client_auth else ()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, number = listener.getsockname()[1], listener.fileno()
        _configure(folder, port, identity, (*choices, *_keys(folder, keys)))
        command = (path, "-p", str(folder), "-c", "nginx.conf", "-e", "stderr")
        child = Child(*command, pass_fds=(number,), environment={"NGINX": f"{number};"})
    with child:
        yield Server(child, folder, port, identity, choices)


def rotating(
    papers: Papers, identity: Identity, *, client_auth: bool = False
) -> AbstractContextManager[Server]:
    """A server with a key that can be replaced."""
    return server(papers, identity, client_auth=client_auth, keys=("key_0",))
