"""RFC 7301: the application protocol, which is agreed on for each connection anew."""

from rfc5077.model.clause import Binds, Decided, Level, Observer, stated

FIELD = "The protocols in the hellos are plain on the wire; events have no field for them."

agreed_anew = stated(
    "R7301-3.1-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.PAIR,
    "What an earlier connection of the session had agreed on does not count: the hellos of this one do.",
    "Shows when a session is resumed with another list of protocols.",
    decided=Decided.BY_PAIRED_RUNS,
)

one_name = stated(
    "R7301-3.1-02",
    Level.MUST,
    Binds.SERVER,
    Observer.WIRE,
    "The list in ServerHello has exactly one name.",
    FIELD,
)

nothing_in_common = stated(
    "R7301-3.2-01",
    Level.MUST,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A server that has no protocol in common with the client says no_application_protocol, fatally.",
    # Section 3.1 lets a server leave the extension unanswered; 3.2 speaks of one that selects.
    FIELD,
    decided=Decided.BY_FIELDS,
)

name_is_definitive = stated(
    "R7301-3.2-02",
    Level.MUST,
    Binds.BOTH,
    Observer.DRIVING_CLIENT,
    "The protocol named in ServerHello is the one that is spoken.",
    "The protocol is spoken under encryption.",
    decided=Decided.WITH_KEYS,
)
