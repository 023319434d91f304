"""RFC 5077, section 1: what the mechanism is for."""

from rfc5077.model.clause import Binds, Level, Observer, stated

any_suite = stated(
    "R5077-1-01",
    Level.LC_MAY,  # the sentence permits; TLS 1.2 comes in because it kept the framework of extensions
    Binds.BOTH,
    Observer.DRIVING_CLIENT,
    "Tickets go with every cipher suite.",
    "A permission: no clause demands a ticket for one suite or another.",
)
