"""Mutants that no test can tell from the reference, each with the class of inputs for which they would have to differ.

By unit, then by what was changed into what.
"""

NEVER_READ = "No input has its numbers read: they stand for a hello that has not come and that takes its place."
HAS_KEYS = "Differs only where ChangeCipherSpec comes before there are keys, which no row but an edited one takes."
ASKED = "Differs only for a server that has asked and negotiates never, and one that never negotiates cannot ask."
WHOLE_BLOCKS = "Differs only for tickets of exactly 65,535 octets; those of section 4 have 66 and whole blocks of 16."
STAPLED = "Differs only for CertificateStatus that is announced without a response; it is announced where there is one."

EQUIVALENT: dict[tuple[str, str, str], str] = {
    ("handshake.server_flight.NO_SERVER_HELLO", "0", "-1"): NEVER_READ,
    ("handshake.client_flight.NO_SERVER_HELLO", "0", "1"): NEVER_READ,
    ("handshake.client.read_protected", "derive_connection_keys(handshake)", "pass"): HAS_KEYS,
    ("handshake.server.take_further_client_hello", "choice == 'own' and handshake.asked", "handshake.asked"): ASKED,
    ("ticket.format.seal_state", "65535", "65534"): WHOLE_BLOCKS,
    ("handshake.server_flight.send_certificate_status", "response", "True"): STAPLED,
}  # fmt: skip
