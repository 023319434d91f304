"""Conversations over TLS as steps, their recordings, and captures of them: whole, cut, doubled and out of order."""

from rfc5077.properties.capture.packet import Segment
from rfc5077.properties.capture.stream import Stream
from rfc5077.properties.capture.write import Conversation, endpoint
from rfc5077.properties.trace.observe import Observer
from rfc5077.properties.verdict.finding import summary
from rfc5077.properties.verdict.judge import Judge

HOSTS = {4: ("192.0.2.1", "192.0.2.2"), 6: ("2001:db8::1", "2001:db8::2")}
PORT = 443

Step = tuple[int, str, bytes]
"""Connection, sender, what it says; empty where it closes."""


def talk(client, server, connections=3, data=b"hello"):
    """Client and server (peers in memory) connect one time after the other; each connection ends by close_notify."""
    steps = []
    for number in range(1, connections + 1):
        ends = {"client": client.open(), "server": server.open()}
        said = [("client", octets) for octets in [ends["client"].read()]]
        while said:
            sender, octets = said.pop(0)
            if not octets:
                continue
            steps.append((number, sender, octets))
            other = "server" if sender == "client" else "client"
            ends[other].write(octets)
            said += [(other, ends[other].read()), (sender, ends[sender].read())]
        steps += [(number, "client", b""), (number, "server", b"")]
    return steps


def recorded(steps, complete=True):
    """The verdict and the findings that the recording of the steps gets, without keys."""
    judge, observers, found = Judge(complete, from_start=False), {}, []
    for number, sender, octets in steps:
        observer = observers.setdefault(number, Observer(number))
        for event in observer.octets(sender, octets) if octets else observer.closed(sender):
            found += judge.feed(event)
    verdict = summary(judge.connections())
    return verdict, [facts(finding) for one in judge.connections() for finding in one.findings]


def facts(finding):
    """Where in its connection what was found; segments that are late change only the order between connections."""
    place = sum(step.event.connection == finding.connection for step in finding.trace)
    return finding.connection, place, finding.clause.id, finding.party, finding.got.message


def judged(verdict):
    """The same of a capture's verdict."""
    return verdict.verdict, [facts(finding) for one in verdict.connections for finding in one.judged.findings]


def segments(steps, version=4, longest=1448, start=(1000, 2000), cut=None):
    """The steps as segments of connections that are opened and closed in full.

    :param cut: gives the pieces of what is said at once, each of which becomes a segment or more.
    """
    client, server = HOSTS[version]
    open_now, found = {}, []
    for number, sender, octets in steps:
        if number not in open_now:
            ends = endpoint(client, 50000 + number), endpoint(server, PORT)
            open_now[number] = Conversation(*ends, start=start)
            found += open_now[number].opened()
        if not octets:
            found += open_now[number].closed(sender)
        for piece in [octets] if cut is None else cut(octets):
            if piece:
                found += open_now[number].said(sender, piece, longest)
    return found


def sequence(segment, by):
    """The segment with another sequence number and the rest of its octets, as in an overlap."""
    return Segment(segment.flow, (segment.sequence + by) % 2**32, segment.acknowledgment, segment.flags, segment.octets)


def carrying(found):
    """The places of the segments that carry octets."""
    return [place for place, segment in enumerate(found) if segment.octets]


def streamed(found):
    """What one connection's segments say, as (side, all its octets), and what is missing."""
    stream, said, first = Stream(), [b"", b""], found[0].flow
    for number, segment in enumerate(found, 1):
        for passed in stream.take(number, float(number), int(segment.flow != first), segment):
            said[passed.side] += passed.octets
    for passed in stream.finish():
        said[passed.side] += passed.octets
    return said, stream.gap()


