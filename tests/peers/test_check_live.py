"""`check` of foreign stacks as processes of their own: every finding was read beside the text and stands here."""

import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rfc5077.properties.adapters.command import (
    HOST,
    START,
    Command,
    Process,
    free_port,
    listener,
    started_client,
    started_server,
)
from rfc5077.properties.suite.probe import probe
from rfc5077.properties.suite.runner import check

PROGRAMS = Path(__file__).with_name("programs")
TLS_1_2 = "NORMAL:-VERS-ALL:+VERS-TLS1.2"
NGINX = """\
daemon off; master_process off; pid {state}/pid; error_log stderr error; events { worker_connections 64; }
http { access_log off; client_body_temp_path {state}/1; proxy_temp_path {state}/2; fastcgi_temp_path {state}/3;
uwsgi_temp_path {state}/4; scgi_temp_path {state}/5;
server { listen {host}:{port} ssl; ssl_certificate {cert}; ssl_certificate_key {key}; ssl_protocols TLSv1.2; return 200; } }
"""  # noqa: E501
JAVA = (
    "java",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Djdk.tls.client.enableSessionTicketExtension=true",
    "-cp",
    "{built}",
    "Live",
)
A_CLIENT_OF_ONE_MACHINE = 'exec 3<>/dev/tcp/{host}/{jvm}; echo "{port} {ca}" >&3; exec cat <&3'


@dataclass(frozen=True)
class Known:
    """A finding that a stack deserves."""

    clause: str
    verdict: str
    section: str
    reason: str


@dataclass(frozen=True)
class Stack:
    """How a stack is started, and what it is known to do."""

    name: str
    role: str
    command: tuple[str, ...]
    """{built} stands for the folder with what was compiled, {jvm} for the port of the machine that starts clients."""
    known: tuple[Known, ...] = ()
    constant: bool = True
    """Whether all that is permitted was as probed. A server that closes where the model warns is not."""
    profile: dict[str, object] = field(default_factory=dict)
    """What of the profile is worth to be held on to."""


OWN_ID = Known(
    "R5077-3.4-01", "advice", "RFC 5077, section 3.4, paragraph 1",
    "A server that issues a ticket to a client without a session_id should send an empty one; it sends 32 octets.",
)  # fmt: skip
HANGS_UP = Known(
    "R5246-7.2.2-02", "advice", "RFC 5246, section 7.2.2",
    "Go takes a first record that is no handshake message for another protocol, and closes without the alert.",
)  # fmt: skip
IN_CLEAR = (
    "nginx looks at the first octet to come: where that is no handshake record, it answers in HTTP, in clear, on a "
    "port that was set up for TLS. An alert, unexpected_message, is due."
)
SPEAKS_HTTP = (
    Known("R5246-7.1-03", "violation", "RFC 5246, sections 7.1 and 7.2.2", IN_CLEAR),
    Known("R5246-7.3-01", "violation", "RFC 5246, sections 7.3 and 7.2.2", IN_CLEAR),
)
OFFERS_AGAIN = Known(
    "K-21", "note", "RFC 5077, section 3.2", "Go offers a rejected ticket again where no other has come; left open."
)
TAKES_ANY_TICKET = (
    Known(
        "R5246-7.4-01", "violation", "RFC 5246, section 7.4; RFC 5077, section 3.3, paragraph 2",
        "Whoever has sent the extension, JSSE says to itself, is ready for NewSessionTicket; it does not look whether "
        "ServerHello announced one. So it goes on where an alert, unexpected_message, is due.",
    ),
    Known(
        "R5246-7.4.9-02", "violation", "RFC 5246, section 7.4.9",
        "For the same reason it takes a NewSessionTicket, encrypted, between ChangeCipherSpec and Finished.",
    ),
    Known(
        "K-13", "note", "RFC 5077, section 3.3, paragraph 2",
        "It goes on where the ticket that was announced never comes; what a client then does is left open.",
    ),
)  # fmt: skip
# fmt: off
STACKS = (
    Stack("openssl", "server", ("openssl", "s_server", "-accept", "{host}:{port}", "-cert", "{cert}", "-key", "{key}",
                                "-tls1_2", "-quiet"),
          profile={"honours": True, "id_when_issuing": "empty", "renegotiation": "warns"}),
    Stack("python-ssl", "server", (sys.executable, str(PROGRAMS / "python_ssl_echo.py"), "{port}", "{cert}", "{key}"),
          profile={"application_data": "echoes"}),
    Stack("tlslite", "server", (sys.executable, str(PROGRAMS / "tlslite_echo.py"), "{port}", "{cert}", "{key}"),
          profile={"reissues": "none"}),
    Stack("gnutls", "server", ("gnutls-serv", "--port", "{port}", "--priority", TLS_1_2, "--echo", "--quiet",
                               "--disable-client-cert", "--x509certfile", "{cert}", "--x509keyfile", "{key}"),
          known=(OWN_ID,), profile={"id_when_issuing": "fresh"}),
    Stack("nginx", "server", ("sh", "-c", f"printf '%s' '{NGINX}' > {{state}}/conf;"
                              " PATH=$PATH:/usr/sbin exec nginx -p {state} -c {state}/conf", "{port}"),
          known=SPEAKS_HTTP, profile={"application_data": "closes"}),
    Stack("go", "server", ("{built}/live", "server", "{port}", "{cert}", "{key}"), known=(HANGS_UP,), constant=False),
    Stack("jsse", "server", (*JAVA, "server", "{port}", "{cert}", "{key}"),
          known=(OWN_ID,), profile={"renews": "some", "id_when_resuming": "fresh"}),
    Stack("openssl", "client", ("openssl", "s_client", "-connect", "{host}:{port}", "-servername", "localhost",
                                "-CAfile", "{ca}", "-tls1_2"),
          profile={"tickets": True, "forgets": True, "tolerates_missing_ticket": False}),
    # Behind a complete handshake gnutls-cli ends without an alert; the judge holds that against nobody.
    Stack("gnutls", "client", ("gnutls-cli", "--port", "{port}", "--priority", TLS_1_2, "--x509cafile", "{ca}",
                               "--sni-hostname", "localhost", "--verify-hostname", "localhost", "{host}"),
          constant=False, profile={"tickets": True, "forgets": True}),
    Stack("go", "client", ("{built}/live", "client", "{port}", "{ca}"), known=(HANGS_UP, OFFERS_AGAIN), constant=False,
          profile={"tickets": True, "forgets": False, "keeps_rejected": True}),
    # Where it has a session without ticket and without id, JSSE offers an id that it made up: not as it was probed.
    Stack("jsse", "client", ("bash", "-c", A_CLIENT_OF_ONE_MACHINE), known=TAKES_ANY_TICKET, constant=False,
          profile={"tickets": True, "forgets": False, "id_with_ticket": "fresh", "tolerates_missing_ticket": True}),
)
# fmt: on
FROM_PYPI = ("python-ssl", "tlslite")


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The folder with the programs that have to be compiled."""
    return compiled(tmp_path_factory.mktemp("built"))


def compiled(folder: Path) -> Path:
    """The folder, with the programs in it."""
    for name in ("live.go", "Live.java"):
        (folder / name).write_bytes((PROGRAMS / name).read_bytes())
    (folder / "go.mod").write_text("module live\ngo 1.19\n")
    environment = {**os.environ, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
    subprocess.run(("go", "build", "-o", "live", "."), cwd=folder, env=environment, check=True)
    subprocess.run(("javac", "Live.java"), cwd=folder, check=True)
    return folder


@pytest.fixture(scope="session")
def jvm(built):
    """Where a Java virtual machine waits for somebody who wants a client, for each start of one takes half a second."""
    port, process = machine(built)
    yield port
    process.end()


def machine(built: Path) -> tuple[int, Process]:
    """The port of such a machine, and the machine."""
    port = free_port()
    process = Process([word.replace("{built}", str(built)) for word in (*JAVA, "clients", str(port))])
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and not process.over:
        try:
            socket.create_connection((HOST, port)).close()
            break
        except ConnectionRefusedError:
            time.sleep(0.01)
    return port, process


def cases():
    for stack in STACKS:
        marks = [] if stack.name in FROM_PYPI else [pytest.mark.peer]
        yield pytest.param(stack, id=f"{stack.name}-{stack.role}", marks=marks)


@pytest.mark.parametrize("case", list(cases()))
def test_a_stack_is_found_to_do_what_it_is_known_to_do_and_nothing_else(case, request):
    command = list(case.command)
    for name in ("built", "jvm"):
        if any(f"{{{name}}}" in word for word in command):
            value = str(request.getfixturevalue(name))
            command = [word.replace(f"{{{name}}}", value) for word in command]

    report = checked(case.role, command)

    assert report.stopped == "" and report.facts.done == report.facts.tests > 100
    found = {(one.finding.clause.id, one.finding.verdict) for one in report.findings}
    assert found == {(one.clause, one.verdict) for one in case.known}
    assert {name: report.profile[name] for name in case.profile} == case.profile
    if case.constant:
        assert report.deviations == ()
    if case.constant and not any(one.verdict == "violation" for one in case.known):
        assert report.guarantee.startswith("Let A be")


def checked(role, words, families=False):
    with Command(words, role) as command:
        if role == "server":
            return check(role, started_server(command), families=families)
        with listener() as door:
            return check(role, started_client(command, door), families=families)


@pytest.mark.peer
def test_s_client_that_keeps_its_session_in_a_file_offers_its_ticket():
    """{state} is emptied for each test, so a client may keep there what it remembers from one process to the next."""
    line = (
        "exec openssl s_client -connect {host}:{port} -servername localhost -CAfile {ca} -tls1_2"
        " -sess_out {state}/session $(test -s {state}/session && echo -sess_in {state}/session)"
    )
    with Command(("sh", "-c", line), "client") as command, listener() as door:
        peer = started_client(command, door)

        found = probe(peer, set())

    assert found.complete
    assert found.target.profile.tickets and not found.target.profile.forgets
