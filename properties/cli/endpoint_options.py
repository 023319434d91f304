"""The options of `serve` and `connect`, each with the panel of `--help` that it stands in."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

LOCALHOST = "127.0.0.1"

PLACE, IDENTITY, SESSIONS, HANDSHAKE = "Where", "Who", "Sessions", "Handshake"

MOST_SECONDS = 2**32 - 1
"""What a lifetime hint can say (R5077-3.3-14)."""


class Asked(StrEnum):
    """How a client is asked for its certificate."""

    REQUEST = "request"
    REQUIRE = "require"


class RecordOctets(StrEnum):
    """What max_fragment_length can ask for."""

    SMALLEST = "512"
    SMALL = "1024"
    MIDDLING = "2048"
    LARGE = "4096"


# --- where ------------------------------------------------------------------------------------------------------------

Listen = Annotated[str | None, typer.Option(metavar="[HOST:]PORT", rich_help_panel=PLACE, help="Where to listen.")]
Port = Annotated[
    int | None, typer.Option(metavar="N", rich_help_panel=PLACE, help=f"The same as --listen {LOCALHOST}:N.")
]
Target = Annotated[str, typer.Argument(metavar="HOST:PORT", help="The server; [::1]:PORT for an IPv6 address.")]
Seconds = Annotated[
    float,
    typer.Option(metavar="SECONDS", min=0.1, max=86400, rich_help_panel=PLACE, help="When to cut a peer off."),
]

# --- who --------------------------------------------------------------------------------------------------------------

Certs = Annotated[
    list[Path] | None,
    typer.Option(
        "--cert", metavar="FILE", rich_help_panel=IDENTITY, help="Chain (PEM), made for localhost if absent; repeat."
    ),
]
Keys = Annotated[
    list[Path] | None,
    typer.Option("--key", metavar="FILE", rich_help_panel=IDENTITY, help="Its private key (PEM); as often."),
]
ClientCa = Annotated[
    Path | None,
    typer.Option(metavar="FILE", rich_help_panel=IDENTITY, help="Ask for client certificates; roots for these (PEM)."),
]
ClientAuth = Annotated[
    Asked | None,
    typer.Option(
        metavar="request|require", rich_help_panel=IDENTITY, help="Whether a client may have none. [default: require]"
    ),
]
OwnCert = Annotated[
    Path | None,
    typer.Option("--cert", metavar="FILE", rich_help_panel=IDENTITY, help="Chain to show if the server asks (PEM)."),
]
OwnKey = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", rich_help_panel=IDENTITY, help="Its private key (PEM).")
]
Insecure = Annotated[bool, typer.Option("--insecure", rich_help_panel=IDENTITY, help="Take any certificate.")]
Ca = Annotated[
    Path | None,
    typer.Option(metavar="FILE", rich_help_panel=IDENTITY, help="Roots to trust (PEM); the system's if absent."),
]
ServerName = Annotated[
    str | None, typer.Option(metavar="NAME", rich_help_panel=IDENTITY, help="Ask for this name; else for HOST.")
]

# --- sessions ---------------------------------------------------------------------------------------------------------

TicketKeys = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        rich_help_panel=SESSIONS,
        help="Ticket keys as nginx or HAProxy have them; repeat: the first seals, all open.",
    ),
]
Context = Annotated[
    str | None,
    typer.Option(
        metavar="HEX", rich_help_panel=SESSIONS, help="Session id context of tickets; without one, whatever they have."
    ),
]
Aead = Annotated[
    bool,
    typer.Option(
        "--aead", rich_help_panel=SESSIONS, help="Ticket keys of 48 octets are AES-256-GCM's, not OpenSSL's."
    ),
]
Lifetime = Annotated[
    int,
    typer.Option(
        metavar="SECONDS", min=1, max=MOST_SECONDS, rich_help_panel=SESSIONS, help="How long a session is resumed."
    ),
]
NoTickets = Annotated[
    bool, typer.Option("--no-tickets", rich_help_panel=SESSIONS, help="Resume by session id alone.")
]
Save = Annotated[Path | None, typer.Option(metavar="FILE", rich_help_panel=SESSIONS, help="Keep the session here.")]
Resume = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", rich_help_panel=SESSIONS, help="Offer the session kept here, or by: ticket seal --save."
    ),
]
Store = Annotated[
    Path | None,
    typer.Option(metavar="FILE", rich_help_panel=SESSIONS, help="Keep sessions here, and offer them (SQLite)."),
]

# --- handshake --------------------------------------------------------------------------------------------------------

Alpn = Annotated[
    str | None,
    typer.Option(metavar="NAME,...", rich_help_panel=HANDSHAKE, help="Application protocols, the best first."),
]
Suites = Annotated[
    str | None,
    typer.Option(metavar="NAME,...", rich_help_panel=HANDSHAKE, help="These suites alone, a client's best first."),
]
Groups = Annotated[
    str | None,
    typer.Option(metavar="NAME,...", rich_help_panel=HANDSHAKE, help="These of x25519, secp256r1, secp384r1 alone."),
]
NoEms = Annotated[
    bool, typer.Option("--no-ems", rich_help_panel=HANDSHAKE, help="Without extended master secrets (RFC 7627).")
]
Fragment = Annotated[
    RecordOctets | None,
    typer.Option(
        "--max-fragment-length", metavar="512|1024|2048|4096", rich_help_panel=HANDSHAKE,
        help="Ask for records of so many octets at most.",
    ),
]  # fmt: skip

# --- other ------------------------------------------------------------------------------------------------------------

KeyLogTo = Annotated[
    str | None,
    typer.Option("--key-log", metavar="FILE", help="Append secrets (NSS format); SSLKEYLOGFILE: where that points."),
]
