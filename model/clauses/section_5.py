"""RFC 5077, section 5: security considerations.

5.1 invalidation, 5.2 stolen tickets, 5.3 forged tickets, 5.4 denial of service, 5.5 keys, 5.6 lifetime, 5.7 other
schemes, 5.8 privacy.
"""

from rfc5077.model.clause import Binds, Decided, Level, Observer, Verdict, stated

sealed = stated(
    "R5077-5-01",
    Level.LC_MUST,
    Binds.SERVER,
    Observer.KEYS,
    "Nobody but the server can read or change a ticket.",
    "Shows to who holds the ticket key, or changes octets and sees whether they count; R5077-3.2-09 judges the latter.",
    family="tickets are sealed",
)

cheap_processing = stated(
    "R5077-5-02",
    Level.LC_SHOULD,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "Handling a ticket does not make it easier to exhaust the server.",
    "Shows when the cost of a hello with a bad ticket is laid beside that of a hello without one.",
)

invalidation_optional = stated(
    "R5077-5.1-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.DRIVING_CLIENT,
    "It does no harm to honour the ticket of a session in which an error occurred.",
    # At odds with R5246-7.2.2-01, which a server without state cannot obey; see K-20.
    "A permission: no clause demands that a server refuses such a ticket.",
    decided=Decided.PERMISSION,
)

no_invalidation_unverified = stated(
    "R5077-5.1-02",
    Level.LC_SHOULD,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A server that invalidates sessions does so by a ticket only after verifying it.",
    "Shows when a session is resumed once after a forged ticket that names it, and once without.",
)

strong_protection = stated(
    "R5077-5.2-01",
    Level.MUST,
    Binds.SERVER,
    Observer.KEYS,
    "The encryption and the integrity of tickets are too strong to be broken by trying.",
    "Shows to who holds the ticket key and measures what protects the ticket.",
)

stolen_ticket_is_useless = stated(
    "R5077-5.2-02",
    Level.PROSE,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "Who has a ticket but not its master secret does not get through a resumption.",
    "Restated by R5246-7.4.9-01 and R5246-7.3-01: the thief's Finished is wrong, and nothing is said before it.",
    decided=Decided.RESTATED,
)

forgery_fails = stated(
    "R5077-5.3-01",
    Level.PROSE,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "No change to a ticket buys a session, more time, another identity or more rights.",
    "Restated by R5077-3.2-09: a ticket that was altered, or made by somebody else, is not honoured.",
    decided=Decided.RESTATED,
)

quick_rejection = stated(
    "R5077-5.4-01",
    Level.PROSE,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "By its key name a foreign ticket is rejected at little cost.",
    "Shows in the cost of foreign tickets; a virtue of the recommended layout, so its lack is advice.",
    verdict=Verdict.ADVICE,
    decided=Decided.BY_PAIRED_RUNS,
)

light_verification = stated(
    "R5077-5.4-02",
    Level.LC_SHOULD,
    Binds.SERVER,
    Observer.INSPECTION,
    "Verifying a ticket takes light, symmetric cryptography.",
    "Which algorithms sealed a ticket is told by its issuer alone.",
)

random_keys = stated(
    "R5077-5.5-01",
    Level.RECOMMENDED,
    Binds.DEPLOYER,
    Observer.INSPECTION,
    "Ticket keys come from a good source of randomness, as RFC 4086 has it.",
    "Where a key comes from shows in no trace.",
)

key_strength = stated(
    "R5077-5.5-02",
    Level.RECOMMENDED,
    Binds.DEPLOYER,
    Observer.KEYS,
    "Ticket keys and algorithms have a strength of 128 bits, or more where suite or application ask for it.",
    "Shows to who holds the ticket key.",
)

keys_for_tickets_alone = stated(
    "R5077-5.5-03",
    Level.RECOMMENDED,
    Binds.DEPLOYER,
    Observer.INSPECTION,
    "Ticket keys make and verify tickets and do nothing else.",
    "What else a key is used for shows in no trace.",
)

keys_change = stated(
    "R5077-5.5-04",
    Level.RECOMMENDED,
    Binds.DEPLOYER,
    Observer.PAIR,
    "Ticket keys change at regular intervals.",
    "Shows when the server's clock is moved: tickets get another key name, old ones are no longer honoured.",
    decided=Decided.WITH_CLOCK,
)

keys_change_with_format = stated(
    "R5077-5.5-05",
    Level.RECOMMENDED,
    Binds.DEPLOYER,
    Observer.DRIVING_CLIENT,
    "Ticket keys change when format or algorithms do.",
    "Shows when a ticket of the old format meets the new one.",
    decided=Decided.WITH_CONTEXT,
)

server_sets_lifetime = stated(
    "R5077-5.6-01",
    Level.PROSE,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "How long a ticket lives is the server's decision, by its own needs.",
    # Whose decision it is fixes nothing on the wire: advice.
    "Shows when only the server's clock is moved.",
    verdict=Verdict.ADVICE,
    decided=Decided.WITH_CLOCK,
)

may_exceed_a_day = stated(
    "R5077-5.6-02",
    Level.LC_MAY,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A ticket may live longer than the day that TLS suggests for sessions.",
    "A permission: no clause bounds a ticket's life.",
)

may_hint = stated(
    "R5077-5.6-03",
    Level.LC_MAY,
    Binds.SERVER,
    Observer.WIRE,
    "A server may tell the client how long a ticket will live, or leave it untold.",
    "A permission: no clause demands a hint other than zero.",
)

client_discards = stated(
    "R5077-5.6-04",
    Level.PROSE,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A client decides by itself when it throws tickets away; it has to, as a ticket may come without a lifetime.",
    "Shows when the client's clock is moved far ahead; the text expects rather than demands, so its lack is advice.",
    verdict=Verdict.ADVICE,
    decided=Decided.WITH_CLOCK,
)

other_schemes_analysed = stated(
    "R5077-5.7-01",
    Level.LC_MUST,
    Binds.BOTH,
    Observer.INSPECTION,
    "Another format or way of distribution needs careful analysis.",
    "Care is no behaviour: a scheme is reviewed, not observed.",
)

other_schemes_keep_secrets = stated(
    "R5077-5.7-02",
    Level.MUST,
    Binds.SERVER,
    Observer.INSPECTION,
    "Where such a scheme gives a secret to the client, nobody else can read or change it on the way.",
    "Another scheme's channel is outside of what is recorded here.",
)

other_schemes_seal = stated(
    "R5077-5.7-03",
    Level.MUST,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A ticket of another scheme is as strongly encrypted and protected as any.",
    "Shows to who holds the keys of that scheme, and by R5077-3.2-09 once it comes in this extension.",
    decided=Decided.WITH_KEYS,
)

content_is_confidential = stated(
    "R5077-5.8-01",
    Level.PROSE,
    Binds.SERVER,
    Observer.PAIR,
    "A ticket gives away nothing about the user.",
    # Seen from outside: no known octets of the session in the ticket, and no two sessions with the same ticket.
    "Shows when tickets of equal sessions are laid side by side; R5077-5.2-01 binds, this explains, so it is advice.",
    verdict=Verdict.ADVICE,
    decided=Decided.BY_PAIRED_RUNS,
)

linkability = stated(
    "R5077-5.8-02",
    Level.LC_SHOULD,
    Binds.DEPLOYER,
    Observer.PAIR,
    "Who uses tickets bears in mind that a ticket offered twice links two connections.",
    "Shows when the tickets of several hellos are laid side by side.",
)

renegotiation = stated(
    "R5077-5.8-03",
    Level.LC_MAY,
    Binds.BOTH,
    Observer.KEYS,
    "A renegotiation may issue a ticket, too, whose delivery is encrypted then.",
    "A permission: each handshake of a connection announces for itself.",
)
