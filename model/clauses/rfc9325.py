"""RFC 9325, section 3.4: how tickets are best deployed.  Read in the last draft before its publication.

What binds the deployer alone is advice to the parties.
"""

from rfc5077.model.clause import Binds, Decided, Level, Observer, stated

sealed = stated(
    "R9325-3.4-01",
    Level.MUST,
    Binds.DEPLOYER,
    Observer.KEYS,
    "Whatever resumes a session is encrypted and authenticated.",
    "Shows to who holds the ticket key, or changes octets and sees whether they count.",
    family="tickets are sealed",
)

cipher_strength = stated(
    "R9325-3.4-02",
    Level.MUST,
    Binds.DEPLOYER,
    Observer.KEYS,
    "The cipher of the ticket is at least as strong as the suite of its session.",
    "Shows to who holds the ticket key.",
)

keys_change = stated(
    "R9325-3.4-03",
    Level.MUST,
    Binds.DEPLOYER,
    Observer.PAIR,
    "Ticket keys change often, say every week, and are destroyed once no ticket of theirs is valid.",
    "Shows when the server's clock is moved: tickets get another key name, old ones are no longer honoured.",
    decided=Decided.WITH_CLOCK,
)

limited_validity = stated(
    "R9325-3.4-04",
    Level.MUST,
    Binds.DEPLOYER,
    Observer.DRIVING_CLIENT,
    "Tickets are valid for a limited time, say half of the time that their key is.",
    "Shows when the server's clock is moved.",
    decided=Decided.WITH_CLOCK,
)

old_sessions_end = stated(
    "R9325-3.4-05",
    Level.SHOULD_NOT,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A server of TLS 1.2 does not resume a session that is too old, however often its ticket was renewed.",
    "Shows when the server's clock is moved and every ticket is renewed.",
    decided=Decided.WITH_CLOCK,
)
