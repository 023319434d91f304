"""RFC 8447: registries.  Read in its drafts; the names change, the numbers stay."""

from rfc5077.model.clause import Binds, Decided, Level, Observer, Verdict, stated

renamed = stated(
    "R8447-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.INSPECTION,
    "Extension 35 is called session_ticket and handshake type 4 new_session_ticket from here on.",
    "Restated by R5077-3.2-11 and R5077-3.3-12: names are on no wire.",
    verdict=Verdict.NOTE,
    decided=Decided.RESTATED,
)
