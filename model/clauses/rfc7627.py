"""RFC 7627: the extended master secret, which a session that is resumed has or has not.

Section 3: the session hash.  4 and 5.1: the secret.  5.2: full handshakes.  5.3: abbreviated ones.  5.4: mixed peers.
The rows of section 5.3 speak of a session that is known: its ticket was opened and is alive.
"""

from rfc5077.model.clause import Binds, Decided, Level, Observer, stated

FIELD = "The hello's extended_master_secret is plain on the wire; events have no field for it."

hash_before_ticket = stated(
    "R7627-3-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.KEYS,
    "The session hash ends with ClientKeyExchange: it covers no NewSessionTicket, and a resumed handshake has none.",
    "Shows in the master secret; the model takes the secret of a session as one thing.",
)

standard_secret_not_accepted = stated(
    "R7627-4-01",
    Level.SHOULD_NOT,
    Binds.BOTH,
    Observer.WIRE,
    "A handshake without the extended master secret is not accepted.",
    FIELD,
)

agreed_secret_is_used = stated(
    "R7627-5.1-01",
    Level.MUST,
    Binds.BOTH,
    Observer.KEYS,
    "Once both hellos had the extension, a full handshake computes the extended master secret.",
    "Shows in the keys: every later message is unreadable otherwise.",
)

client_offers = stated(
    "R7627-5.2-01",
    Level.MUST,
    Binds.CLIENT,
    Observer.WIRE,
    "A client that knows the extension sends it in every ClientHello.",
    FIELD,
    family="extended master secret offered",
)

server_answers = stated(
    "R7627-5.2-02",
    Level.MUST,
    Binds.SERVER,
    Observer.WIRE,
    "A server that knows the extension answers it in every ServerHello.",
    FIELD,
    family="extended master secret answered",
)

no_answer_unasked = stated(
    "R7627-5.2-03",
    Level.MUST_NOT,
    Binds.SERVER,
    Observer.WIRE,
    "A server does not put the extension into ServerHello where ClientHello lacked it.",
    "A case of R5246-7.4.1.4-01, whose constraint looks at the extension of tickets alone.",
)

legacy_peer_refused = stated(
    "R7627-5.2-04",
    Level.SHOULD,
    Binds.BOTH,
    Observer.WIRE,
    "A party that does not care for peers without the extension aborts when the other hello lacks it.",
    "What a party cares for is told by its configuration.",
    decided=Decided.WITH_CONTEXT,
)

standard_secret_without = stated(
    "R7627-5.2-05",
    Level.MUST,
    Binds.BOTH,
    Observer.KEYS,
    "A full handshake that goes on without the extension computes the standard master secret.",
    "Shows in the keys: every later message is unreadable otherwise.",
)

old_session_not_offered = stated(
    "R7627-5.3-01",
    Level.SHOULD_NOT,
    Binds.CLIENT,
    Observer.PAIR,
    "A client does not offer to resume a session without the extended master secret; it offers a full handshake.",
    FIELD,
)

offer_carries_extension = stated(
    "R7627-5.3-02",
    Level.MUST,
    Binds.CLIENT,
    Observer.PAIR,
    "A hello that offers resumption carries the extension.",
    FIELD,
    family="extended master secret offered",
)

old_session_not_resumed = stated(
    "R7627-5.3-03",
    Level.MUST_NOT,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A hello with the extension does not resume a session without the secret; a full handshake follows.",
    FIELD,
    decided=Decided.BY_FIELDS,
)

missing_extension_aborts = stated(
    "R7627-5.3-04",
    Level.MUST,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A hello without the extension cannot resume a session with the secret: the server aborts.",
    # Section 5.3 has the abbreviated handshake aborted, 5.4 both parties abort such handshakes, after granting that
    # going on may be safe: a full handshake instead is a note (K-27).
    FIELD,
    decided=Decided.BY_FIELDS,
)

neither_has_it = stated(
    "R7627-5.3-05",
    Level.SHOULD,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "Where neither the session nor the hello has it, the server aborts.",
    FIELD,
    decided=Decided.BY_FIELDS,
)

resumption_answers = stated(
    "R7627-5.3-06",
    Level.MUST,
    Binds.SERVER,
    Observer.WIRE,
    "A handshake that goes on after a hello with the extension has it in ServerHello, an abbreviated one too.",
    FIELD,
    family="extended master secret answered",
)

unexpected_extension_aborts = stated(
    "R7627-5.3-07",
    Level.MUST,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A client that resumes a session without the extended master secret aborts when ServerHello has the extension.",
    FIELD,
    decided=Decided.BY_FIELDS,
)

lost_extension_aborts = stated(
    "R7627-5.3-08",
    Level.MUST,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A client that resumes a session with the extended master secret aborts when ServerHello lacks the extension.",
    FIELD,
    decided=Decided.BY_FIELDS,
)

flag_is_kept = stated(
    "R7627-5.4-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.KEYS,
    "A party that takes both kinds of session keeps with each which kind it is; a server, in the ticket.",
    "Shows to who holds the ticket key; without it, R7627-5.3-03 and R7627-5.3-04 fail.",
)

no_binding_to_old_session = stated(
    "R7627-5.4-02",
    Level.MUST_NOT,
    Binds.BOTH,
    Observer.DRIVING_SERVER,
    "After a resumption without the secret, verify_data serves nothing above TLS and the client does not renegotiate.",
    "A request to renegotiate is encrypted.",
    decided=Decided.WITH_KEYS,
)

no_export_from_old_session = stated(
    "R7627-5.4-03",
    Level.MUST_NOT,
    Binds.BOTH,
    Observer.INSPECTION,
    "Nothing is exported from a session without the extended master secret to authenticate above TLS.",
    "What an application does with a secret shows in no trace.",
)
