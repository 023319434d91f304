"""RFC 8446 (TLS 1.3): what a party that knows it does where TLS 1.2 is negotiated."""

from rfc5077.model.clause import Binds, Decided, Level, Observer, Verdict, stated

FIELD = "The version of a hello is plain on the wire; events have no field for it."

old_session_id = stated(
    "R8446-4.1.2-01",
    Level.SHOULD,
    Binds.CLIENT,
    Observer.WIRE,
    "A client of TLS 1.3 offers an older server the session_id that it holds; in compatibility mode it makes up one.",
    # The second half is a MUST (not empty, 32 octets), that the octets be unpredictable a SHOULD.
    "What a client holds is told by its configuration; no clause takes a session_id of its own making for a request.",
    decided=Decided.WITH_CONTEXT,
)

downgrade_marker = stated(
    "R8446-4.1.3-01",
    Level.MUST,
    Binds.SERVER,
    Observer.WIRE,
    "A server of TLS 1.3 that negotiates TLS 1.2 marks its random, on resumption too.",
    # A client of TLS 1.3 checks it (MUST); a client of TLS 1.2 has something to check only below TLS 1.2 (SHOULD).
    "The marker is plain on the wire; events have no field for it.",
)

name_was_tied = stated(
    "R8446-4.2.11-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.INSPECTION,
    "Before TLS 1.3 a session was tied to a server name, which servers enforced unevenly and clients in effect.",
    "An account of what was meant and done; it asks for nothing.",
    verdict=Verdict.NOTE,
)

version_of_ticket = stated(
    "R8446-D.1-01",
    Level.SHOULD,
    Binds.CLIENT,
    Observer.PAIR,
    "A client with a ticket starts with the version in which it got the ticket.",
    FIELD,
    family="starts with the version of the session",
)
