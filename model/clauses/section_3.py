"""RFC 5077, section 3: the two halves of the mechanism."""

from rfc5077.model.clause import Binds, Decided, Level, Observer, Verdict, stated

both_halves = stated(
    "R5077-3-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.DRIVING_CLIENT,
    "Who hands out tickets also honours them; who stores tickets also offers them.",
    "Shows when a ticket of one run comes back in another; an expectation, so its lack is advice.",
    verdict=Verdict.ADVICE,
    decided=Decided.BY_PAIRED_RUNS,
)

other_means = stated(
    "R5077-3-02",
    Level.LC_MAY,
    Binds.BOTH,
    Observer.INSPECTION,
    "Another document may hand out tickets, or choose among them, in its own way and still use this extension.",
    "A permission: a ticket that nobody saw issued is FOREIGN to the model, not forged.",
)
