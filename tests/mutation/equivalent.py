"""Mutants that no test can tell from the reference, each with the class of inputs for which they would have to differ.

By unit, then by what was changed into what.
"""

from mutation.operators import Mutant

NO_HELLO = "Stands for a hello that has not come: no input is answered by its numbers; 1 and -1 are no suite, like 0."
HAS_KEYS = "Differs only where ChangeCipherSpec comes before there are keys, which no row but an edited one takes."
ASKED = "Differs only for a server that has asked and negotiates never, and one that never negotiates cannot ask."
WHOLE_BLOCKS = "Differs only for tickets of 65,535 or 65,536 octets; those of section 4 have 66 and whole blocks of 16."
STAPLED = "Differs only for CertificateStatus that is announced without a response; it is announced where there is one."
CHOSEN = "Differs only for a hello with nothing in common with the server, which was refused before it is answered."
WITH_ROOTS = "Differs only for a certificate that a server without roots gets, and only one that has roots asks for it."
EITHER = "Differs only without session and without parameters; choosing finds one of them, or refuses the hello."
IN_FULL = "Differs only without parameters, which is so in resumptions alone, and their flight has no such step."
NO_LENGTH = "Differs only for a client that asks for no length, and no code is found for None as little as for 0."
HAS_SESSION = "Differs only for Finished without a session; one was taken up, or is made, before anything is kept."

EQUIVALENT: dict[tuple[str, str, str], str] = {
    ("handshake.server_flight.NO_CLIENT_HELLO", "0", "-1"): NO_HELLO,
    ("handshake.server_flight.NO_SERVER_HELLO", "0", "-1"): NO_HELLO,
    ("handshake.server_flight.NO_SERVER_HELLO", "0", "1"): NO_HELLO,
    ("handshake.client_flight.NO_CLIENT_HELLO", "0", "-1"): NO_HELLO,
    ("handshake.client_flight.NO_SERVER_HELLO", "0", "-1"): NO_HELLO,
    ("handshake.client_flight.NO_SERVER_HELLO", "0", "1"): NO_HELLO,
    ("handshake.client.read_protected", "handshake.keys is None", "False"): HAS_KEYS,
    ("handshake.client.read_protected", "derive_connection_keys(handshake)", "pass"): HAS_KEYS,
    ("handshake.server._read_protected", "derive_connection_keys(handshake)", "pass"): HAS_KEYS,
    ("handshake.server.take_further_client_hello", "choice == 'own' and handshake.asked", "handshake.asked"): ASKED,
    ("ticket.format.seal_state", "65535", "65534"): WHOLE_BLOCKS,
    ("ticket.format.seal_state", "65535", "65536"): WHOLE_BLOCKS,
    ("handshake.server_flight.send_certificate_status", "response", "True"): STAPLED,
    (
        "handshake.server_flight.send_certificate_status",
        "parameters is None or handshake.server_hello.extension(ExtensionType.STATUS_REQUEST) is None",
        "handshake.server_hello.extension(ExtensionType.STATUS_REQUEST) is None",
    ): IN_FULL,
    ("handshake.server_flight.make_server_hello", "parameters is not None", "True"): EITHER,
    (
        "handshake.negotiate.staples",
        "not config.ocsp_responses or not extensions.wants_status(hello)",
        "not extensions.wants_status(hello)",
    ): CHOSEN,
    ("handshake.server.take_certificate", "chain and config.client_roots is not None", "chain"): WITH_ROOTS,
    ("handshake.offer.choose_offer", "config.max_fragment_length or 0", "config.max_fragment_length"): NO_LENGTH,
    ("handshake.client_flight.keep_ticket", "store is None or session is None", "store is None"): HAS_SESSION,
}  # fmt: skip


def told(mutant: Mutant) -> tuple[str, str, str]:
    """Under what a mutant is listed."""
    return f"{mutant.module.removeprefix('rfc5077.reference.')}.{mutant.unit}", mutant.before, mutant.after
