"""Causes of failure, the alerts that announce them, and the one protocol error.

Code that finds a fault names a `Cause`; which alert that is, and which text says so, is looked up here and nowhere
else (RFC 5246, section 7.2.2, and the documents named in the rows).
"""

from enum import Enum, IntEnum


class AlertLevel(IntEnum):
    """Severity of an alert (RFC 5246, section 7.2). A fatal alert ends the connection at both sides."""

    WARNING = 1
    FATAL = 2


class AlertDescription(IntEnum):
    """Code points of alerts (RFC 5246, section 7.2; RFC 6066, section 9; RFC 7301, section 3.2)."""

    CLOSE_NOTIFY = 0
    UNEXPECTED_MESSAGE = 10
    BAD_RECORD_MAC = 20
    DECRYPTION_FAILED = 21
    RECORD_OVERFLOW = 22
    DECOMPRESSION_FAILURE = 30
    HANDSHAKE_FAILURE = 40
    NO_CERTIFICATE = 41
    BAD_CERTIFICATE = 42
    UNSUPPORTED_CERTIFICATE = 43
    CERTIFICATE_REVOKED = 44
    CERTIFICATE_EXPIRED = 45
    CERTIFICATE_UNKNOWN = 46
    ILLEGAL_PARAMETER = 47
    UNKNOWN_CA = 48
    ACCESS_DENIED = 49
    DECODE_ERROR = 50
    DECRYPT_ERROR = 51
    EXPORT_RESTRICTION = 60
    PROTOCOL_VERSION = 70
    INSUFFICIENT_SECURITY = 71
    INTERNAL_ERROR = 80
    INAPPROPRIATE_FALLBACK = 86
    USER_CANCELED = 90
    NO_RENEGOTIATION = 100
    UNSUPPORTED_EXTENSION = 110
    CERTIFICATE_UNOBTAINABLE = 111
    UNRECOGNIZED_NAME = 112
    BAD_CERTIFICATE_STATUS_RESPONSE = 113
    BAD_CERTIFICATE_HASH_VALUE = 114
    NO_APPLICATION_PROTOCOL = 120


class Cause(Enum):
    """What went wrong. Each row: the alert it is announced by, the text that says so, and what it means."""

    # fmt: off
    MALFORMED = (AlertDescription.DECODE_ERROR, "RFC 5246, 7.2.2", "a length or a field does not fit its format")
    TRAILING_OCTETS = (AlertDescription.DECODE_ERROR, "RFC 5246, 7.4.1.2", "octets are left over behind a structure")
    NOT_EMPTY = (AlertDescription.DECODE_ERROR, "RFC 5077, 3.2", "a body that has to be empty is not")
    UNEXPECTED_MESSAGE = (AlertDescription.UNEXPECTED_MESSAGE, "RFC 5246, 7.4", "this message may not come now")
    UNEXPECTED_RECORD = (AlertDescription.UNEXPECTED_MESSAGE, "RFC 5246, 6", "no such record type")
    EMPTY_FRAGMENT = (AlertDescription.UNEXPECTED_MESSAGE, "RFC 5246, 6.2.1", "an empty record of this type")
    ACROSS_KEY_CHANGE = (AlertDescription.UNEXPECTED_MESSAGE, "RFC 5246, 7.1",
                         "a handshake message is cut by ChangeCipherSpec")
    AFTER_FINISHED = (AlertDescription.UNEXPECTED_MESSAGE, "RFC 5246, 7.4.9", "octets behind Finished in its record")
    CHANGE_CIPHER_SPEC_LENGTH = (AlertDescription.DECODE_ERROR, "RFC 5246, 7.1", "ChangeCipherSpec is one octet")
    CHANGE_CIPHER_SPEC_VALUE = (AlertDescription.ILLEGAL_PARAMETER, "RFC 5246, 7.1", "ChangeCipherSpec has value 1")
    ALERT_LEVEL = (AlertDescription.ILLEGAL_PARAMETER, "RFC 5246, 7.2", "an alert is a warning or fatal")
    BAD_RECORD_MAC = (AlertDescription.BAD_RECORD_MAC, "RFC 5246, 7.2.2", "a protected record does not verify")
    RECORD_OVERFLOW = (AlertDescription.RECORD_OVERFLOW, "RFC 5246, 6.2", "a record is longer than allowed")
    RECORD_VERSION = (AlertDescription.PROTOCOL_VERSION, "RFC 5246, E.1", "a record names another version")
    MESSAGE_TOO_LONG = (AlertDescription.ILLEGAL_PARAMETER, "RFC 5246, 7.4", "no message of this length is acceptable")
    VERSION = (AlertDescription.PROTOCOL_VERSION, "RFC 5246, E.1", "the peer does not speak TLS 1.2")
    DOWNGRADE = (AlertDescription.ILLEGAL_PARAMETER, "RFC 8446, 4.1.3",
                 "the server speaks TLS 1.2 and yet chose an older version: somebody changed a hello")
    NO_COMMON_SUITE = (AlertDescription.HANDSHAKE_FAILURE, "RFC 5246, 7.4.1.3", "no cipher suite in common")
    NO_COMMON_GROUP = (AlertDescription.HANDSHAKE_FAILURE, "RFC 8422, 4", "no elliptic curve in common")
    NO_COMMON_SIGNATURE = (AlertDescription.HANDSHAKE_FAILURE, "RFC 5246, 7.4.1.4.1",
                           "no signature algorithm in common")
    NO_POINT_FORMAT = (AlertDescription.ILLEGAL_PARAMETER, "RFC 8422, 5.1.2", "uncompressed points are not listed")
    NO_NULL_COMPRESSION = (AlertDescription.ILLEGAL_PARAMETER, "RFC 5246, 7.4.1.2", "null compression is not listed")
    SUITE_NOT_OFFERED = (AlertDescription.ILLEGAL_PARAMETER, "RFC 5246, 7.4.1.3", "the suite was not offered")
    COMPRESSION_NOT_OFFERED = (AlertDescription.ILLEGAL_PARAMETER, "RFC 5246, 7.4.1.3",
                               "the compression method was not offered")
    OTHER_SUITE_RESUMED = (AlertDescription.ILLEGAL_PARAMETER, "RFC 5246, 7.4.1.3",
                           "a resumed session keeps its cipher suite")
    ECHO_WITHOUT_OFFER = (AlertDescription.ILLEGAL_PARAMETER, "RFC 5246, 7.4.1.3",
                          "the session id is repeated although no session was offered")
    DUPLICATE_EXTENSION = (AlertDescription.ILLEGAL_PARAMETER, "RFC 5246, 7.4.1.4", "an extension comes twice")
    UNSOLICITED_EXTENSION = (AlertDescription.UNSUPPORTED_EXTENSION, "RFC 5246, 7.4.1.4",
                             "the extension was not asked for")
    DUPLICATE_NAME_TYPE = (AlertDescription.ILLEGAL_PARAMETER, "RFC 6066, 3", "two names of one type")
    BAD_NAME = (AlertDescription.ILLEGAL_PARAMETER, "RFC 6066, 3", "server_name is no ASCII host name")
    RENEGOTIATION_INFO = (AlertDescription.HANDSHAKE_FAILURE, "RFC 5746, 3.4 and 3.6",
                          "renegotiation_info of a first handshake is not empty")
    RENEGOTIATION_BINDING = (AlertDescription.HANDSHAKE_FAILURE, "RFC 5746, 3.5 and 3.7",
                             "renegotiation_info does not name the handshake before")
    RENEGOTIATION_SIGNAL = (AlertDescription.HANDSHAKE_FAILURE, "RFC 5746, 3.7",
                            "the signalling suite stands in a hello that renegotiates")
    EMS_LEFT_OUT_BY_CLIENT = (AlertDescription.HANDSHAKE_FAILURE, "RFC 7627, 5.3",
                              "the session has an extended master secret, the hello that resumes it offers none")
    EMS_NOT_USED = (AlertDescription.HANDSHAKE_FAILURE, "RFC 7627, 5.3",
                    "neither session nor hello has an extended master secret")
    EMS_LOST = (AlertDescription.HANDSHAKE_FAILURE, "RFC 7627, 5.3",
                "the session has an extended master secret, the abbreviated ServerHello does not")
    EMS_GAINED = (AlertDescription.HANDSHAKE_FAILURE, "RFC 7627, 5.3",
                  "the session has no extended master secret, the abbreviated ServerHello says so")
    GROUP_NOT_OFFERED = (AlertDescription.ILLEGAL_PARAMETER, "RFC 8422, 5.4", "the curve was not offered")
    BAD_POINT = (AlertDescription.ILLEGAL_PARAMETER, "RFC 8422, 5.11", "the peer's public key is no valid point")
    SIGNATURE_NOT_OFFERED = (AlertDescription.ILLEGAL_PARAMETER, "RFC 5246, 7.4.3",
                             "the signature algorithm was not offered or does not fit the key")
    BAD_SIGNATURE = (AlertDescription.DECRYPT_ERROR, "RFC 5246, 7.2.2", "a signature does not verify")
    BAD_FINISHED = (AlertDescription.DECRYPT_ERROR, "RFC 5246, 7.4.9", "Finished does not verify")
    BAD_CERTIFICATE = (AlertDescription.BAD_CERTIFICATE, "RFC 5246, 7.2.2", "a certificate cannot be read")
    WRONG_NAME = (AlertDescription.BAD_CERTIFICATE, "RFC 5246, 7.2.2", "the certificate is not for this server")
    FORGED_CERTIFICATE = (AlertDescription.BAD_CERTIFICATE, "RFC 5246, 7.2.2", "a certificate's signature is wrong")
    WRONG_USE = (AlertDescription.UNSUPPORTED_CERTIFICATE, "RFC 5246, 7.2.2", "the certificate is for another use")
    UNSUPPORTED_CERTIFICATE = (AlertDescription.UNSUPPORTED_CERTIFICATE, "RFC 5246, 7.2.2",
                               "the certificate's key does not suit the negotiated suite")
    CERTIFICATE_EXPIRED = (AlertDescription.CERTIFICATE_EXPIRED, "RFC 5246, 7.2.2", "a certificate is out of its time")
    UNKNOWN_CA = (AlertDescription.UNKNOWN_CA, "RFC 5246, 7.2.2", "no chain leads to a trusted root")
    NO_CLIENT_CERTIFICATE = (AlertDescription.HANDSHAKE_FAILURE, "RFC 5246, 7.4.6",
                             "a client certificate is required and none came")
    NO_COMMON_PROTOCOL = (AlertDescription.NO_APPLICATION_PROTOCOL, "RFC 7301, 3.2",
                          "no application protocol in common")
    PROTOCOL_NOT_OFFERED = (AlertDescription.ILLEGAL_PARAMETER, "RFC 7301, 3.1",
                            "the application protocol is not one of those offered")
    FRAGMENT_LENGTH = (AlertDescription.ILLEGAL_PARAMETER, "RFC 6066, 4",
                       "max_fragment_length is unknown or not the one asked for")
    RECORD_SIZE_LIMIT = (AlertDescription.ILLEGAL_PARAMETER, "RFC 8449, 4", "record_size_limit is too small")
    ENCRYPT_THEN_MAC = (AlertDescription.ILLEGAL_PARAMETER, "RFC 7366, 3",
                        "encrypt-then-MAC is answered for a suite that has no block cipher")
    ENCRYPT_THEN_MAC_LOST = (AlertDescription.HANDSHAKE_FAILURE, "RFC 7366, 3.1",
                             "a further handshake would give up encrypt-then-MAC")
    STATUS_TYPE = (AlertDescription.ILLEGAL_PARAMETER, "RFC 6066, 8", "a certificate status that was not asked for")
    BOTH_LIMITS = (AlertDescription.ILLEGAL_PARAMETER, "RFC 8449, 5",
                   "max_fragment_length and record_size_limit are both answered")
    INTERNAL = (AlertDescription.INTERNAL_ERROR, "RFC 5246, 7.2.2", "this side cannot go on")
    # fmt: on

    def __init__(self, alert: AlertDescription, section: str, meaning: str) -> None:
        self.alert = alert
        self.section = section
        self.meaning = meaning


class ProtocolError(Exception):
    """The peer broke the protocol (or, for `Cause.INTERNAL`, this side cannot continue). Always fatal.

    `cause` names the rule, `alert` what is (or was) sent to the peer, `detail` what was seen, in one line.
    """

    def __init__(self, cause: Cause, detail: str = "") -> None:
        self.cause = cause
        self.alert: AlertDescription = cause.alert
        self.detail = detail or cause.meaning
        super().__init__(f"{self.alert.name.lower()}: {self.detail} ({cause.section})")
