"""RFC 5077, section 4: the recommended construction of a ticket.

Paragraph 1: it binds nobody, least of all the client.  Paragraphs 2 to 4: keys, names, protection.  Paragraph 5: the
state inside.  Another construction is no offence (R5077-4-01), so what only this one has is advice.
"""

from rfc5077.model.clause import Binds, Decided, Level, Observer, Verdict, stated

TICKET_KEY = "Shows to who holds the ticket key."

may_differ = stated(
    "R5077-4-01",
    Level.LC_MAY,
    Binds.SERVER,
    Observer.INSPECTION,
    "A server may build its tickets in another way.",
    "A permission: no clause reads a ticket by this layout.",
)

differing_safely = stated(
    "R5077-4-02",
    Level.LC_MUST,
    Binds.SERVER,
    Observer.INSPECTION,
    "Who builds tickets in another way answers for their security.",
    "Care is no behaviour: a construction is reviewed, not observed.",
)

no_look_inside = stated(
    "R5077-4-03",
    Level.MUST_NOT,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A client does not read a ticket by this layout.",
    "Shows when tickets of any length and content are stored and offered alike.",
    decided=Decided.BY_PAIRED_RUNS,
)

two_keys = stated(
    "R5077-4-04",
    Level.RECOMMENDED,
    Binds.SERVER,
    Observer.KEYS,
    "Tickets take two keys: 128 bits for AES in CBC mode, 256 bits for HMAC with SHA-256.",
    TICKET_KEY,
)

layout = stated(
    "R5077-4-05",
    Level.RECOMMENDED,
    Binds.SERVER,
    Observer.KEYS,
    "A ticket is name (16 octets), IV (16), sealed state behind a length of two octets, and MAC (32), in this order.",
    # The layout cannot be realised at its own limits: such a ticket may exceed 2^16-1 octets (erratum 4800).
    TICKET_KEY,
)

key_name = stated(
    "R5077-4-06",
    Level.PROSE,
    Binds.SERVER,
    Observer.KEYS,
    "The name in front of a ticket tells which keys it was sealed with, so that a server knows its own.",
    "Shows to who holds several ticket keys; a part of the recommended layout, so its lack is advice.",
    verdict=Verdict.ADVICE,
)

random_name = stated(
    "R5077-4-07",
    Level.LC_SHOULD,
    Binds.SERVER,
    Observer.PAIR,
    "Key names are random, so that those of two servers differ.",
    "Shows when tickets of several servers are laid side by side.",
    decided=Decided.WITH_CONTEXT,
)

keys_of_a_start = stated(
    "R5077-4-08",
    Level.LC_MAY,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A server may make new keys and a new name whenever it starts.",
    "A permission: tickets of an earlier start are FOREIGN, and R5077-3.2-09 says what becomes of them.",
)

encryption = stated(
    "R5077-4-09",
    Level.RECOMMENDED,
    Binds.SERVER,
    Observer.KEYS,
    "The state is encrypted by AES-128 in CBC mode under the IV that the ticket shows.",
    "Shows to who holds the ticket key; that the IV is a new one shows when tickets are laid side by side.",
)

mac_input = stated(
    "R5077-4-10",
    Level.RECOMMENDED,
    Binds.SERVER,
    Observer.KEYS,
    "The MAC covers name, IV, the length and the ciphertext.",
    "Shows to who holds the ticket key; without it, a flipped bit of each part tells whether it is covered.",
)

state = stated(
    "R5077-4-11",
    Level.RECOMMENDED,
    Binds.SERVER,
    Observer.KEYS,
    "The state holds version, suite, compression, master secret, the client's identity and the time.",
    "Shows to who holds the ticket key, and in what a resumed connection has kept.",
)

timestamp = stated(
    "R5077-4-12",
    Level.PROSE,
    Binds.SERVER,
    Observer.KEYS,
    "The time in a ticket lets the server end the ticket's life.",
    "Shows when the server's clock is moved past that life; letting is not demanding, so its lack is advice.",
    verdict=Verdict.ADVICE,
    decided=Decided.WITH_CLOCK,
)

identity = stated(
    "R5077-4-13",
    Level.RECOMMENDED,
    Binds.SERVER,
    Observer.KEYS,
    "How the client was authenticated, and its certificates if it had any, are in the ticket.",
    "Shows to who holds the ticket key, and in whom the server takes the client of a resumed connection for.",
)

other_state = stated(
    "R5077-4-14",
    Level.LC_MAY,
    Binds.SERVER,
    Observer.INSPECTION,
    "A server may keep less than this in its tickets, or more.",
    "A permission: no clause reads a ticket by this layout.",
)

state_of_extensions = stated(
    "R5077-4-15",
    Level.PROSE,
    Binds.SERVER,
    Observer.KEYS,
    "Other kinds of authentication and other extensions may need more in the ticket.",
    # What they need is judged by their own clauses: R7627-5.4-01, R6066-3-02, R6066-4-01.
    "Shows where a resumed connection lacks what the first one had.",
    verdict=Verdict.ADVICE,
    decided=Decided.BY_PAIRED_RUNS,
)
