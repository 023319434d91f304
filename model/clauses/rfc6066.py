"""RFC 6066: extensions of the hellos, and what becomes of them when a session is resumed.

Section 1.1: all of them.  3: the server's name.  4 and 7: limits that stay with the session.
"""

from rfc5077.model.clause import Binds, Decided, Level, Observer, stated

FIELD = "These extensions are plain on the wire; events have no field for them."

usual_extensions = stated(
    "R6066-1.1-01",
    Level.SHOULD,
    Binds.CLIENT,
    Observer.PAIR,
    "A client that offers to resume sends the extensions that it would send without.",
    "Shows when its hellos with and without an offer are laid side by side.",
    family="usual extensions",
    decided=Decided.BY_PAIRED_RUNS,
)

not_answered_on_resumption = stated(
    "R6066-1.1-02",
    Level.MUST,
    Binds.SERVER,
    Observer.PAIR,
    "On resumption the server heeds and answers none of these extensions; what the session agreed on stays.",
    # server_name is the exception in the first half: it may decide whether to resume (R6066-3-02).
    FIELD,
)

negotiated_after_refusal = stated(
    "R6066-1.1-03",
    Level.PROSE,
    Binds.SERVER,
    Observer.WIRE,
    "Where resumption is refused, these extensions are negotiated as in any full handshake.",
    "Shows when full handshakes with and without an offer are laid side by side.",
    decided=Decided.BY_PAIRED_RUNS,
)

same_name_offered = stated(
    "R6066-3-01",
    Level.SHOULD,
    Binds.CLIENT,
    Observer.PAIR,
    "A client offers a session with the server name that it had when the session began.",
    FIELD,
)

other_name_not_resumed = stated(
    "R6066-3-02",
    Level.MUST_NOT,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A server that knows the extension does not resume a session for another name; a full handshake follows.",
    # Of a name on one side alone, and of upper and lower case, the text says nothing (K-26).
    FIELD,
    decided=Decided.BY_FIELDS,
)

no_name_in_short_handshake = stated(
    "R6066-3-03",
    Level.MUST_NOT,
    Binds.SERVER,
    Observer.WIRE,
    "A ServerHello that resumes has no server_name.",
    "A part of R6066-1.1-02; events have no field for it.",
)

name_acknowledged = stated(
    "R6066-3-04",
    Level.MUST,
    Binds.SERVER,
    Observer.WIRE,
    "A server that let the name guide it in a full handshake says so by an empty server_name.",
    "Whether the name guided the server is not on the wire; that the answer is empty is, in no field of events.",
)

fragment_length_stays = stated(
    "R6066-4-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.KEYS,
    "A maximum fragment length that was agreed on holds in resumptions too.",
    "The limit on fragments shows on the wire; what is inside of them takes keys.",
)

short_mac_stays = stated(
    "R6066-7-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.KEYS,
    "A truncated MAC that was agreed on holds in resumptions too.",
    "The length of a MAC shows when the record is opened.",
)
