"""What the user reads about a finding: what was seen, what was due, by which clause, how to see it again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich.markup import escape

from rfc5077.model.event import TICKETS, Extension, Message, Ticket
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.properties.verdict.finding import ADVICE, NOTE, Finding, Step
from rfc5077.properties.verdict.judge import name_of
from rfc5077.properties.verdict.sentences import DUE, MISSED, TOPICS

_COLOURS = {"violation": "bold red", "advice": "yellow", "note": "cyan"}
_DULL = (
    "Certificate", "CertificateStatus", "ServerKeyExchange", "ServerHelloDone", "ClientKeyExchange",
    "CertificateVerify", "ChangeCipherSpec", "Finished", "ApplicationData",
)  # fmt: skip
_AT_MOST = 4  # messages that are named as due
_NAME_WIDTH = 18
_DETAIL_WIDTH = 30

ALERTS = {
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed", 22: "record_overflow",
    30: "decompression_failure", 40: "handshake_failure", 41: "no_certificate", 42: "bad_certificate",
    43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown",
    47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error", 51: "decrypt_error",
    60: "export_restriction", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
    86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation", 110: "unsupported_extension",
    112: "unrecognized_name", 116: "certificate_required", 120: "no_application_protocol",
}  # fmt: skip
"""Alert descriptions by number (RFC 5246, section 7.2, and the documents that added to it)."""


EXTENSIONS = {
    "server_name": 0, "max_fragment_length": 1, "status_request": 5, "signature_algorithms": 13,
    "application_protocols": 16, "extended_master_secret": 23, "renegotiation_info": 0xFF01,
}  # fmt: skip
"""Extensions by the names that findings use (RFC 6066, 5246, 7301, 7627 and 5746)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a ladder; ``sender`` is client or server, or empty for a remark between the two."""

    sender: str
    text: str
    mark: str = ""
    index: int = 0
    """The event's place in what was judged, counted from 1; 0 for a remark."""


def ladder(rows: Sequence[Row], indent: str = "") -> str:
    """A diagram of messages between client, left, and server, right."""
    rows = [Row(row.sender, " ".join(row.text.split()), row.mark) for row in rows]
    width = max((len(row.text) for row in rows), default=0) + 12
    lines = [f"client{' ' * (width - 5)}server"]
    for row in rows:
        if row.sender == "client":
            lane = f"--- {row.text} ".ljust(width - 1, "-") + ">"
        elif row.sender == "server":
            lane = "<" + f"--- {row.text} ".ljust(width - 1, "-")
        else:
            lane = row.text.center(width)
        lines.append(f"  |{lane}|" + (f"   <- {row.mark}" if row.mark else ""))
    return "\n".join(indent + line for line in lines)


def details(step: Step) -> str:
    """What of a message matters to tickets, in a few words."""
    event = step.event
    words: list[str] = []
    if event.message in ("ClientHello", "ServerHello"):
        words.append(f"SessionTicket: {_extension(step)}")
        if event.session_id:
            words.append(f"session_id: {_id(step)}")
    elif event.message == "NewSessionTicket":
        words.append(f"ticket: {_octets(event.ticket)}")
    elif event.message == "Alert":
        words.append(_alert(event))
    elif event.message == "Certificate" and event.certificates == 0:
        words.append("empty")
    if event.verified is False:
        words.append("wrong: NewSessionTicket is left out of the hash" if event.omits_ticket else "wrong")
    if event.malformed is not None:
        words.append(event.malformed)
    return "; ".join(words)


_OF_CLIENT = ("cipher_suites", "compression_methods", "versions")
_OF_SERVER = ("cipher_suite", "compression_method", "downgrade_marker")


def parameters(event: RecordedEvent, topics: Sequence[str]) -> str:
    """What a hello says about these fields or extensions, in a few words."""
    if event.message not in ("ClientHello", "ServerHello"):
        return ""
    foreign = _OF_SERVER if event.message == "ClientHello" else _OF_CLIENT
    return "; ".join(f"{topic}: {_parameter(event, topic)}" for topic in topics if topic not in foreign)


def _parameter(event: RecordedEvent, topic: str) -> str:
    value = getattr(event, topic, None)
    if topic in EXTENSIONS and event.extensions is not None and EXTENSIONS[topic] not in event.extensions:
        suites = event.cipher_suites or ()
        return "by suite" if topic == "renegotiation_info" and 0xFF in suites else "absent"
    if value is None:
        return "present" if topic in EXTENSIONS and event.extensions is not None else "not recorded"
    if topic in ("cipher_suites", "cipher_suite", "version", "versions"):
        numbers = value if isinstance(value, tuple) else (value,)
        more = " ..." if len(numbers) > _AT_MOST else ""
        return " ".join(f"{number:04X}" for number in numbers[:_AT_MOST]) + more
    if isinstance(value, bytes):
        return _octets(value)
    if isinstance(value, tuple):
        return " ".join(name.decode("ascii", "backslashreplace") for name in value) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _octets(body: bytes | None) -> str:
    if body is None:
        return "unreadable"
    return f"{len(body)} octet{'s' if len(body) != 1 else ''}" if body else "empty"


def _extension(step: Step) -> str:
    body = step.event.session_ticket
    if body is None:
        return "absent"
    kinds = dict.fromkeys(event.extension for event in step.alternatives)
    if Extension.REPEATED in kinds:
        return "twice"
    known = [kind.name.lower() for kind in kinds if kind in TICKETS]
    return f"{_octets(body)}, {known[0]}" if len(known) == 1 else _octets(body)


def _id(step: Step) -> str:
    kinds = dict.fromkeys(event.session_id for event in step.alternatives)
    octets = _octets(step.event.session_id)
    return f"{octets}, {next(iter(kinds)).name.lower()}" if len(kinds) == 1 else octets


def _alert(event: RecordedEvent) -> str:
    if event.alert_description is None:
        return "encrypted"
    name = ALERTS.get(event.alert_description, str(event.alert_description))
    return f"{'warning' if event.alert_level == 1 else 'fatal'} {name}"


def due(finding: Finding) -> str:
    """What the party might have sent instead, as a remark."""
    if finding.verdict == NOTE:
        return "tolerated"
    if finding.verdict == ADVICE:
        return "better not"
    if finding.due or finding.clause.id in DUE:
        return f"due: {finding.due or DUE[finding.clause.id]}"
    if finding.earlier is not None:
        return f"not after connection {finding.earlier}"
    if not finding.allowed and finding.clause.id in MISSED:
        return f"due: {MISSED[finding.clause.id]}"
    if not finding.allowed:
        return "due: nothing, it is the other party's turn" if finding.waits else "due: a fatal alert"
    names = tuple(dict.fromkeys(event.message.name for event in finding.allowed))
    if finding.got.message in names:
        return _due_instead(finding)
    tickets = {event.ticket for event in finding.allowed if event.message is Message.NewSessionTicket}
    remark = "; zero length will do" if {Ticket.SOME, Ticket.EMPTY} <= tickets else ""
    more = " ..." if len(names) > _AT_MOST else ""
    return f"due: {_either(names[:_AT_MOST])}{more}{remark}"


def _due_instead(finding: Finding) -> str:
    """Where the message may come, but not like this: how it might have looked."""
    if finding.got.message not in ("ClientHello", "ServerHello"):
        return "not like this"
    had = {event.extension for event in finding.trace[-1].alternatives}
    same = [event.extension for event in finding.allowed if event.message.name == finding.got.message]
    plain = [e for e in (Extension.ABSENT, Extension.EMPTY) if e in same and e not in had]
    return f"due: SessionTicket {_either(kind.name.lower() for kind in plain)}" if plain else "not like this"


def _either(names: Iterable[str]) -> str:
    return " or ".join(names)


def rows_of(finding: Finding) -> tuple[Row, ...]:
    """The trace of a finding: what matters, the place marked; runs of other messages are drawn together."""
    rows: list[Row] = []
    dull: list[Step] = []
    last = len(finding.trace) - 1
    several = finding.earlier is not None
    for place, step in enumerate(finding.trace):
        if place < last and step.event.message in _DULL and not _asks_for_it(step):
            dull.append(step)
            continue
        rows += _drawn_together(dull)
        dull = []
        if several and (place == 0 or step.event.connection != finding.trace[place - 1].event.connection):
            rows.append(Row("", f"(connection {step.event.connection})"))
        mark = due(finding) if place == last and finding.index else _remark(finding, step)
        more = parameters(step.event, TOPICS.get(finding.clause.id, ()))
        rows.append(Row(step.event.sender, "; ".join(filter(None, (_line(step), more))), mark, step.index))
    return tuple(rows)


def _asks_for_it(step: Step) -> bool:
    event = step.event
    authenticates = event.message == "CertificateVerify" or (event.message, event.sender) == ("Certificate", "client")
    return authenticates or event.verified is False or event.malformed is not None


def _line(step: Step) -> str:
    more = details(step)
    return f"{step.event.message:<{_NAME_WIDTH}} {more}" if more else step.event.message


def _drawn_together(dull: Sequence[Step]) -> Sequence[Row]:
    names = [step.event.message for step in dull]
    said = [(step.event.sender, step.event.message) for step in dull if step.event.message != "ApplicationData"]
    if len(dull) < 2 or len(set(said)) < len(said):  # what is said twice may be what is wrong
        return [Row(step.event.sender, _line(step), index=step.index) for step in dull]
    if {"ServerHelloDone", "ClientKeyExchange"} <= set(names):
        return [Row("", "(full handshake)")]
    return [Row("", f"({names[0]} to {names[-1]})")]


def _remark(finding: Finding, step: Step) -> str:
    """Marks the message that the finding looks back to."""
    if step.event.message != "ServerHello" or finding.got.message not in ("NewSessionTicket", "ChangeCipherSpec"):
        return ""
    if finding.clause.family.startswith("announced"):
        return "announced"
    return "not announced" if finding.clause.family.startswith("unannounced") else ""


def printable(text: str) -> str:
    """The text with whatever a terminal might obey, or not show, written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def finding_text(
    finding: Finding, markup: bool = False, where: str = "", frame: Callable[[int], int | None] | None = None
) -> str:
    """A finding as the user reads it.

    :param markup: with rich's colour markup.
    :param where: its place in what was judged, as it stands in the first line; left out if empty.
    :param frame: of a capture, tells the frame of an event by its place; each line then begins with it.
    """
    head = f"{finding.verdict.upper()}  {finding.clause.id}  {finding.level}, {finding.party.name.lower()}"
    lines = [f"{head}  ({where})" if where else head, f"  {finding.why}"]
    for row in rows_of(finding):
        number = "" if frame is None else f"{(row.index and frame(row.index)) or '':>7}  "
        text = f"    {number}{row.sender or '...':<7} {row.text}"
        lines.append(f"{text:<{12 + len(number) + _NAME_WIDTH + _DETAIL_WIDTH}}  <- {row.mark}" if row.mark else text)
    lines.append(f"  explain:  rfc5077 clause {finding.clause.id}")
    lines = [printable(line) for line in lines]
    if markup:
        lines = [escape(line) for line in lines]
        lines[0] = f"[{_COLOURS[finding.verdict]}]{lines[0]}[/]"
    return "\n".join(lines)


def step_name(step: Step) -> str:
    """An event of a trace, as users write events: ``client:ClientHello(session_ticket=empty,session_id=32)``."""
    event = step.event
    fields: list[str] = []
    if event.session_ticket is not None:
        kinds = dict.fromkeys(kind.extension for kind in step.alternatives)
        fields.append("session_ticket=" + "|".join(kind.name.lower() for kind in kinds))
    if event.session_id:
        fields.append(f"session_id={len(event.session_id)}")
    if event.message == "NewSessionTicket":
        fields.append(f"ticket={len(event.ticket or b'')}")
    if event.alert_description is not None:
        fields.append(f"description={ALERTS.get(event.alert_description, str(event.alert_description))}")
    if event.verified is False or event.malformed is not None:
        fields.append("wrong")
    return f"{event.sender}:{event.message}" + (f"({','.join(fields)})" if fields else "")


def allowed_names(finding: Finding) -> list[str]:
    """What the party might have sent instead, as users write events."""
    told = DUE if finding.allowed else DUE | MISSED
    if finding.clause.id in told:
        return [f"{finding.party.name.lower()}:{told[finding.clause.id]}"]
    return list(dict.fromkeys(name_of(event) for event in finding.allowed))
