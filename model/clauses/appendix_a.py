"""RFC 5077, appendix A: what changed since RFC 4507, most of all the length inside the extension."""

from rfc5077.model.clause import Binds, Decided, Level, Observer, stated

OLD_PEER = "Binds a server of RFC 4507 that meets a client of RFC 5077; shows with such a server only."

one_length = stated(
    "R5077-A-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.WIRE,
    "The extension has one length, which is the ticket's own.",
    "Restated by R5077-3.2-12.",
    family="one length",
    decided=Decided.RESTATED,
)

old_server_sees_bad_length = stated(
    "R5077-A-02",
    Level.LC_SHOULD,
    Binds.OLD_SERVER,
    Observer.DRIVING_CLIENT,
    "A server of RFC 4507 takes two octets of the ticket for a length, and refuses the request where it does not fit.",
    OLD_PEER,
    decided=Decided.WITH_CONTEXT,
)

old_server_sees_bad_ticket = stated(
    "R5077-A-03",
    Level.LC_SHOULD,
    Binds.OLD_SERVER,
    Observer.DRIVING_CLIENT,
    "Where that length happens to fit, a server of RFC 4507 rejects the ticket.",
    OLD_PEER,
    decided=Decided.WITH_CONTEXT,
)

old_ticket_is_rejected = stated(
    "R5077-A-04",
    Level.PROSE,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A ticket behind a length of its own, as RFC 4507 has it, cannot be opened and is rejected.",
    "Restated by R5077-3.2-09, to which it is a WRAPPED ticket; K-34 knows the exception.",
    decided=Decided.RESTATED,
)

answer_in_kind = stated(
    "R5077-A-05",
    Level.LC_SHOULD,
    Binds.SERVER,
    Observer.WIRE,
    "A server that serves clients of RFC 4507 answers an empty extension in the encoding in which it came.",
    "Whether a server wants to serve such clients is told by its configuration; others answer by R5077-3.2-06.",
    decided=Decided.WITH_CONTEXT,
)

may_mark_tickets = stated(
    "R5077-A-06",
    Level.LC_MAY,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A server may begin its tickets with what can be no length, to tell clients of RFC 4507 apart.",
    "A permission: no clause reads a ticket.",
)

changes = stated(
    "R5077-A-07",
    Level.PROSE,
    Binds.BOTH,
    Observer.INSPECTION,
    "Made clear are resumption without renewal, time from receipt, the hash, session ids, more state; SHA-256 is new.",
    "Restated by R5077-3.1-16, R5077-3.3-14, R5077-3.3-04, R5077-3.4-05, R5077-4-10 and R5077-4-14.",
    decided=Decided.RESTATED,
)
