"""The families of tests beyond the alphabets against foreign stacks: each finding was read beside the text.

    PYTHONPATH=tests python -m peers.beyond                  # all; some five minutes
    PYTHONPATH=tests python -m peers.beyond nginx-server     # one of them
"""

import sys
import tempfile
import time
from pathlib import Path

from peers.test_check_live import STACKS, Known, Stack, checked, compiled, machine

NO_EXTENDED_SECRET = Known(
    "R7627-5.3-05", "advice", "RFC 7627, section 5.3, paragraph 7",
    "Neither the session nor the hello has the extended master secret; it resumes where it should give up.",
)  # fmt: skip
ANY_NAME = Known(
    "R6066-3-02", "violation", "RFC 6066, section 3, last paragraph but one",
    "It has answered server_name, and resumes the session under another one.",
)  # fmt: skip
UNASKED = Known(
    "R5246-7.4.1.4-02", "violation", "RFC 5246, section 7.4.1.4",
    "It passes over an extension in ServerHello that it has not asked for; unsupported_extension is due.",
)  # fmt: skip
IMPATIENT = Known(
    "R5246-7.4.1.1-01", "violation", "RFC 5246, section 7.4.1.1",
    "It takes HelloRequest for an error in mid-handshake, where a client is to pass over it.",
)  # fmt: skip
LEFT_OVER = Known(
    "R5077-3.3-13", "violation", "RFC 5077, section 3.3, paragraph 3; RFC 5246, section 7.2.2, decode_error",
    "A NewSessionTicket of TLS 1.3 reads as an empty ticket with 40 octets behind it, which it overlooks.",
)  # fmt: skip
TOO_LARGE = Known(
    "R5246-6.2.1-01", "violation", "RFC 5077, section 3.3, paragraph 3; RFC 5246, section 6.2.1",
    "A ticket that just fits in NewSessionTicket is over its own limit for messages; it need not be kept, but taken.",
)  # fmt: skip
TWICE = Known("K-37", "note", "RFC 5246, section 7.4.1.4", "An extension that stands twice is taken; left open.")
WITH_A_BODY = Known("K-12", "note", "RFC 5077, section 3.2", "An announcement with a body is taken; left open.")
ACROSS = Known(
    "R5246-7.1-02", "violation", "RFC 5246, sections 6.2.1 and 7.1",
    "It puts a Finished together whose first octets came before ChangeCipherSpec, unprotected (CVE-2023-6937 alike).",
)  # fmt: skip
PROMISE_KEPT_OVER = Known(
    "R5246-7.4-01", "violation", "RFC 5246, section 7.4; RFC 5077, section 3.3, paragraph 2",
    "The announcement of the first handshake counts for the renegotiation as well (mended in GnuTLS by a137072ea).",
)  # fmt: skip

BEYOND: dict[str, tuple[Known, ...]] = {
    "openssl-server": (NO_EXTENDED_SECRET,),
    "python-ssl-server": (NO_EXTENDED_SECRET,),
    "tlslite-server": (
        NO_EXTENDED_SECRET, ACROSS,
        Known("R5246-7.4-01", "violation", "RFC 5246, section 7.4",
              "Behind a complete handshake it passes over NewSessionTicket from a client."),
    ),
    "gnutls-server": (
        NO_EXTENDED_SECRET,
        Known("R5246-7.4.1.3-03", "violation", "RFC 5246, section 7.4.1.3",
              "It resumes with the session's suite although the client offers it no more."),
        Known("R5077-3.4-08", "violation", "RFC 5077, section 3.4, last paragraph",
              "It looks the session_id up although there is a ticket, which it cannot open."),
        Known("R5077-5-01", "advice", "RFC 5077, section 5", "It takes a ticket behind which octets were appended."),
        Known("R7627-5.3-04", "note", "RFC 7627, sections 5.3 and 5.4",
              "A session with the extended master secret, offered without it, leads to a full handshake; left open."),
    ),
    "nginx-server": (NO_EXTENDED_SECRET, ANY_NAME),
    "go-server": (
        NO_EXTENDED_SECRET, ANY_NAME,
        Known("R5246-7.4.1.2-04", "violation", "RFC 5246, section 7.4.1.2",
              "It takes a session_id of 33 octets, one more than fits."),
        Known("R5246-7.4.1.3-01", "violation", "RFC 5246, section 7.4.1.3",
              "It repeats such a session_id in a ServerHello that nobody can read by the text."),
    ),
    "jsse-server": (
        Known("R5077-3.2-09", "violation", "RFC 5077, section 3.2, last paragraph; section 5.2",
              "A ticket of 60,000 octets is over its limit of 32,768 for a message; no full handshake follows."),
    ),
    "gnutls-client": (IMPATIENT, LEFT_OVER, UNASKED, PROMISE_KEPT_OVER, TWICE),
    "go-client": (
        IMPATIENT, TOO_LARGE,
        Known("R5246-7.2.2-01", "advice", "RFC 5246, section 7.2.2, and RFC 5077, section 3.2",
              "It offers a session again whose connection ended in a fatal alert; the texts differ (K-20)."),
        Known("R7627-5.3-01", "advice", "RFC 7627, section 5.3, paragraph 1",
              "It offers a session that lacks the extended master secret."),
    ),
    "jsse-client": (UNASKED, TOO_LARGE, LEFT_OVER, TWICE, WITH_A_BODY),
}  # fmt: skip
"""What a stack is known to do beyond the alphabets, beside what `test_check_live` has of it."""


def differences(stack: Stack, folder: Path, jvm: int) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """What was found and is not known, and what is known and was not found."""
    words = [word.replace("{built}", str(folder)).replace("{jvm}", str(jvm)) for word in stack.command]
    begun = time.perf_counter()
    report = checked(stack.role, words, families=True)
    name = f"{stack.name}-{stack.role}"
    found = {(one.finding.clause.id, one.finding.verdict) for one in report.findings}
    known = {(one.clause, one.verdict) for one in (*stack.known, *BEYOND.get(name, ()))}
    made = sum(run.made for run in report.families)
    connections = sum(run.connections for run in report.families)
    seconds = time.perf_counter() - begun
    print(f"{name:18} {seconds:5.0f} s  {made:4} tests in {connections:5} connections beyond, {len(found)} findings;"
          f" new: {sorted(found - known) or 'none'}; gone: {sorted(known - found) or 'none'}", flush=True)  # fmt: skip
    return found - known, known - found


def main() -> int:
    """Checks the stacks that were named, or all."""
    wanted = set(sys.argv[1:]) or {f"{stack.name}-{stack.role}" for stack in STACKS}
    with tempfile.TemporaryDirectory() as folder:
        built = compiled(Path(folder))
        jvm, process = machine(built)
        chosen = [stack for stack in STACKS if f"{stack.name}-{stack.role}" in wanted]
        told = [differences(stack, built, jvm) for stack in chosen]
        process.end()
    return int(any(new or gone for new, gone in told))


if __name__ == "__main__":
    sys.exit(main())
