"""How the texts were read where they leave room: levels, parties and verdicts that another reader may give otherwise.

Every row was compared with its document.  What a row owes to a reading, or to a text that could not be had, is here.
"""

from __future__ import annotations

_LAYOUT = "A virtue of the layout that section 4 recommends and leaves free: its lack is judged as advice."
_PERMITS = "The text does not say may; it is read as a permission all the same."
_NOT_READ = "RFC 8446 was not at hand when the rows were compared with their texts: read before, not again."
_DRAFT = "Read in draft 11 of RFC 7525bis, the last before RFC 9325; the published words may differ."
_NAMELESS = "The text names nobody; it is read as binding who deploys a server, so that its lack is judged as advice."

READINGS: dict[str, str] = {
    "R5077-1-01": "The sentence permits (may), and names TLS 1.0 and 1.1; TLS 1.2 kept the framework of extensions.",
    "R5077-3-01": "The text expects rather than demands: its lack is judged as advice.",
    "R5077-3.1-13": f"{_PERMITS} An alert where a ticket was verified and is not wanted is worth a note, no more.",
    "R5077-3.1-16": _PERMITS,
    "R5077-3.1-19": "Stated nowhere in one sentence: it follows from what the figures leave to the server.",
    "R5077-3.2-12": "Read as binding the client: that the server's extension is empty is R5077-3.2-06.",
    "R5077-3.3-07c": "Follows from the server's right to send a ticket of zero length (R5077-3.3-07).",
    "R5077-3.3-10": "The text notes that a client may come with the old ticket; that it is answered follows.",
    "R5077-3.4-06": "Follows from the use that the text makes of the echo, to tell resumption from a full handshake.",
    "R5077-4-06": _LAYOUT,
    "R5077-4-08": _PERMITS,
    "R5077-4-12": "The text lets the server expire a ticket and does not demand it: its lack is judged as advice.",
    "R5077-4-14": _PERMITS,
    "R5077-4-15": "The text says what others may need; what they do need is judged by their own clauses.",
    "R5077-5.1-01": "A finding of an analysis, read as a permission; RFC 5246 forbids the same (K-20).",
    "R5077-5.4-01": _LAYOUT,
    "R5077-5.6-01": "Whose decision it is fixes nothing on the wire: its lack is judged as advice.",
    "R5077-5.6-04": "The text takes a client's policy for granted: its lack is judged as advice.",
    "R5077-5.8-01": "The text explains what R5077-5.2-01 demands: its lack is judged as advice.",
    "R5077-5.8-03": _PERMITS,
    "R5077-A-06": _PERMITS,
    "R5246-6.2.1-01": "The text permits the sender to cut and to join; that the reader copes follows.",
    "R5246-7.2-01": "The end of the connection is plain text; the MUST of the sentence is R5246-7.2.2-01.",
    "R5246-7.2.1-01": "The text says what no longer holds; it is read as a permission.",
    "R5246-7.2.2-01": "A MUST NOT, judged as advice: RFC 5077, section 5.1, calls the same harmless (K-20).",
    "R5246-7.2.2-02": "A MUST, judged as advice: an alert that was sent may be lost where the transport is reset.",
    "R5246-7.3-02": "Read as binding the server, who decides; what the client owes there is R5246-7.4-01.",
    "R5246-7.4.1.2-04": "The text names the server, and other messages beside: read as binding both.",
    "R5246-7.4.1.3-01": "What the echo means binds who sends it and who concludes from it.",
    "R5246-7.4.1.3-02": "The word is lower case, but it fixes what is on the wire: judged as a violation (K-23, K-24).",
    "R5246-7.4.1.3-03": "The text speaks of the server's choice alone; what a client owes is R5246-7.4.1.3-04.",
    "R5246-7.4.1.3-04": "The text says what the field is; that a client checks it follows.",
    "R5246-7.4.1.3-06": "The text speaks of the server's choice alone.",
    "R5246-7.4.8-02": "The text says what CertificateVerify is for; that it is verified follows.",
    "R5246-F.1.4-01": "The word is lower case: advice.",
    "R5746-3.6-02": "An exception that the text allows, read as a permission.",
    "R8446-4.1.2-01": _NOT_READ,
    "R8446-4.1.3-01": _NOT_READ,
    "R8446-4.2.11-01": f"{_NOT_READ} It gives an account and demands nothing: a note.",
    "R8446-D.1-01": _NOT_READ,
    "R8447-01": "RFC 8447 was read in its drafts alone. Names are on no wire: a note.",
    "R9325-3.4-01": f"{_DRAFT} {_NAMELESS}",
    "R9325-3.4-02": f"{_DRAFT} {_NAMELESS}",
    "R9325-3.4-03": f"{_DRAFT} {_NAMELESS}",
    "R9325-3.4-04": f"{_DRAFT} {_NAMELESS}",
    "R9325-3.4-05": _DRAFT,
}
"""Clause id to how it was read."""


def reading(id: str) -> str:
    """How a clause was read; empty where the text says what the row says."""
    return READINGS.get(id, "")
