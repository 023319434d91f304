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
KEEPS = "Differs only for a resumption that keeps its session in a cache; only Finished of a full handshake keeps one."
BOTH = "Differs only for a curve without a scheme or a scheme without a curve; choosing gives both, or for RSA none."
NO_OWN = "Differs only for a scheme of a client without credentials, and for such a client none is chosen."
AFTER_CERTIFICATE = "Differs only for an answer before the server's Certificate, which no row but an edited one sends."
ROOTS = "Differs only for a server that asks for certificates and has no roots, which its configuration refuses to be."
AS_MANY = "Differs only for a server with more or fewer responses than certificates, which its configuration refuses."
WITH_SESSION = "Differs only for something in the store without a session; whatever is kept has one."
ONE = "Differs only for an answer of several protocols, which is refused for their number before."
NO_STATE = "Differs only for a ticket that holds not one octet of state, and no octets are no session."
NO_TAG = "Differs only for a ticket that ends within its tag, which the library refuses too."
NO_LIST = "Differs only for a list of one octet, in which no certificate's length has room."
NO_ID = "Differs only for a hello without a session id, and a cache has nothing under an empty one."
NO_ROOTS = "Differs only for a client that has no roots and is not insecure, which its configuration refuses."
NO_EXCHANGE = "Differs only for ClientKeyExchange in a resumption, for which there is no row."
ETM = "Differs only for an answer of encrypt-then-MAC with AEAD, which our server never gives and our client refuses."
NO_PADDING = "Differs only for padding that says it has no octets, and all of the blocks are not none."
OF_A_SESSION = "Differs only for a ticket without a session; every flight that has one comes after the session."

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
    ("handshake.client.read_protected", "handshake.keys is not None", "True"): HAS_KEYS,
    (
        "handshake.server_flight.keep_session",
        "cache is not None and session_id and (handshake.session is not None)"
        " and (handshake.resumption.session is None)",
        "cache is not None and session_id and (handshake.session is not None)",
    ): KEEPS,
    (
        "handshake.server_flight.keep_session",
        "cache is not None and session_id and (handshake.session is not None)"
        " and (handshake.resumption.session is None)",
        "cache is not None and session_id and (handshake.resumption.session is None)",
    ): HAS_SESSION,
    (
        "handshake.server_flight.send_server_key_exchange",
        "parameters.group is None or parameters.scheme is None",
        "parameters.group is None",
    ): BOTH,
    (
        "handshake.client_flight.send_certificate_verify",
        "handshake.scheme is None or credentials is None",
        "handshake.scheme is None",
    ): NO_OWN,
    (
        "handshake.client_flight.make_pre_master",
        "suite.exchange is KeyExchange.RSA and handshake.server_key is not None",
        "suite.exchange is KeyExchange.RSA",
    ): AFTER_CERTIFICATE,
    (
        "handshake.negotiate.identity_still_counts",
        "config.client_auth == 'never' or config.client_roots is None",
        "config.client_auth == 'never'",
    ): ROOTS,
    ("handshake.negotiate.stapled", "False", "True"): AS_MANY,
    (
        "handshake.client_flight.forget_session",
        "kept is not None and handshake.session is not None and (kept.session == handshake.session)",
        "kept is not None and kept.session == handshake.session",
    ): WITH_SESSION,
    ("handshake.client_flight.NO_CLIENT_HELLO", "0", "1"): NO_HELLO,
    ("handshake.offer.choose_offer", "0", "1"): NO_LENGTH,
    ("handshake.extensions.check_answers", "0", "-1"): ONE,
    ("handshake.server._read_protected", "handshake.keys is not None", "True"): HAS_KEYS,
    ("ticket.aead_format.AeadKey.open", "len(ticket) < starts + TAG", "len(ticket) <= starts + TAG"): NO_STATE,
    ("ticket.aead_format.TAG", "16", "15"): NO_TAG,
    ("ticket.format._read_state", "1", "2"): NO_LIST,
    (
        "handshake.negotiate.choose_resumption",
        "hello.session_id and config.session_cache is not None",
        "config.session_cache is not None",
    ): NO_ID,
    (
        "handshake.server_flight.send_certificate_request",
        "handshake.config.client_auth == 'never' or handshake.config.client_roots is None",
        "handshake.config.client_auth == 'never'",
    ): ROOTS,
    ("handshake.server._read_protected", "handshake.keys is None", "False"): HAS_KEYS,
    ("handshake.client_flight.own_chain", "credentials is None", "False"): NO_OWN,
    ("ticket.aead_format.TAG", "16", "17"): NO_STATE,
    (
        "handshake.server_flight.send_server_key_exchange",
        "parameters.group is None or parameters.scheme is None",
        "parameters.group is None and parameters.scheme is None",
    ): BOTH,
    ("handshake.server_flight.NO_CLIENT_HELLO", "0", "1"): NO_HELLO,
    ("ticket.format.seal_state", "len(covered) + MAC > 65535", "len(covered) + MAC >= 65535"): WHOLE_BLOCKS,
    (
        "handshake.client_flight.verify_server_chain",
        "not config.insecure and config.roots is not None",
        "not config.insecure",
    ): NO_ROOTS,
    ("handshake.offer.choose_offer", "0", "-1"): NO_LENGTH,
    (
        "handshake.server.take_pre_master",
        "parameters is not None and parameters.suite.exchange is KeyExchange.RSA",
        "parameters.suite.exchange is KeyExchange.RSA",
    ): NO_EXCHANGE,
    (
        "handshake.server_flight.derive_connection_keys",
        "answer.cipher_suite in CBC_SUITES and answer.encrypt_then_mac",
        "answer.encrypt_then_mac",
    ): ETM,
    (
        "handshake.server_flight.send_server_key_exchange",
        "parameters.group is None or parameters.scheme is None",
        "parameters.scheme is None",
    ): BOTH,
    ("ticket.format.strip_padding", "1", "0"): NO_PADDING,
    ("handshake.extensions.agreed_protocol", "0", "-1"): ONE,
    (
        "handshake.client_flight.derive_connection_keys",
        "answer.cipher_suite in CBC_SUITES and answer.encrypt_then_mac",
        "answer.encrypt_then_mac",
    ): ETM,
    (
        "handshake.server_flight.send_ticket",
        "handshake.plan == 'never' or session is None",
        "handshake.plan == 'never'",
    ): OF_A_SESSION,
}  # fmt: skip


def told(mutant: Mutant) -> tuple[str, str, str]:
    """Under what a mutant is listed."""
    return f"{mutant.module.removeprefix('rfc5077.reference.')}.{mutant.unit}", mutant.before, mutant.after
