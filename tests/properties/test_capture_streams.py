"""TCP put together again: however a conversation is cut, repeated and reordered, its octets and its findings stay."""

from functools import cache

import pytest
from captures import carrying, judged, recorded, segments, sequence, streamed, talk
from hypothesis import given, settings
from hypothesis import strategies as st

from rfc5077.properties.adapters import over_reference
from rfc5077.properties.capture.connections import Connections
from rfc5077.properties.capture.framing import Frame
from rfc5077.properties.capture.packet import ACK, RST, Link, Segment
from rfc5077.properties.capture.stream import PATIENCE
from rfc5077.properties.capture.verdict import CaptureVerdict
from rfc5077.properties.capture.write import frame_of
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.verdict.finding import summary

WINDOW = 6
"""Places by which a segment may come too early or too late."""


def verdict(found, complete=True):
    """What the segments get, each in a frame of its own; a millisecond lies between two frames."""
    seen = Connections(complete)
    for number, segment in enumerate(found, 1):
        seen.feed(Frame(number, number / 1000, Link.RAW, frame_of(segment, Link.RAW)))
    connections, left_out = seen.finish()
    word = summary(connection.judged for connection in connections)
    return CaptureVerdict("", word, connections, left_out, len(found), seen.segments)


@cache
def conversation(name):
    """Three connections of the reference with itself, or with the faulty peer of that id."""
    peers = {"client": over_reference.client, "server": over_reference.server}
    made = {role: make() for role, make in peers.items()}
    if name in FAULTS:
        made[FAULTS[name].role] = FAULTS[name].make()
    return tuple(talk(made["client"], made["server"]))


NAMES = ("honest", *(one.id for one in FAULTS.values() if one.id in ("S-02", "S-07", "S-09", "S-28")))


@st.composite
def rearranged(draw, steps):
    """The steps as segments cut anywhere, some twice, some overlapping, none further from its place than the window."""
    sizes = draw(st.lists(st.integers(1, 400), min_size=1, max_size=20))

    def cut(octets):
        pieces, at = [], 0
        while octets:
            size = sizes[at % len(sizes)]
            pieces, octets, at = [*pieces, octets[:size]], octets[size:], at + 1
        return pieces

    start = draw(st.sampled_from([(1000, 2000), (2**32 - 1, 2**32 - 200), (2**31 - 3, 0)]))
    found = segments(steps, draw(st.sampled_from([4, 6])), start=start, cut=cut)
    late, again, longer = (draw(st.lists(st.integers(0, WINDOW), min_size=1, max_size=20)) for _ in range(3))
    placed = []
    for place, segment in enumerate(found):
        placed.append((place + late[place % len(late)], segment))
        if again[place % len(again)]:
            placed.append((place + 3 * again[place % len(again)], segment))
        follows = found[place + 1] if place + 1 < len(found) else segment
        if longer[place % len(longer)] and follows.octets and follows.sequence != segment.sequence:
            joined = segment._replace(octets=segment.octets + follows.octets, acknowledgment=follows.acknowledgment)
            if follows.flow == segment.flow and segment.octets:
                placed.append((place + 1 + longer[place % len(longer)], joined))
    return [segment for _, segment in sorted(placed, key=lambda pair: pair[0])]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_any_cutting_reordering_and_doubling_gives_the_findings_of_the_recording(name, data):
    steps = conversation(name)
    assert judged(verdict(data.draw(rearranged(steps)))) == recorded(steps)


def test_the_conversations_of_faulty_peers_have_findings_to_lose():
    assert [bool(recorded(conversation(name))[1]) for name in NAMES] == [False, *[True] * (len(NAMES) - 1)]


@pytest.mark.parametrize("name", NAMES)
def test_octet_by_octet_a_conversation_gives_the_findings_of_its_recording(name):
    assert judged(verdict(segments(conversation(name), longest=1))) == recorded(conversation(name))


# --- what is missing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_lost_segment_takes_findings_away_and_adds_none(name):
    steps = conversation(name)
    found = segments(steps, longest=200)
    known = {(connection, *fact[1:]) for connection, _, *fact in recorded(steps)[1]}
    for place in carrying(found):
        word, facts = judged(verdict(found[:place] + found[place + 1 :]))
        assert {(connection, *fact[1:]) for connection, _, *fact in facts} <= known
        assert word in ("inconclusive", recorded(steps)[0])


def test_a_segment_lost_in_a_handshake_makes_its_connection_inconclusive_and_no_other():
    found = segments(conversation("honest"))
    for place in carrying(found):
        words = [connection.judged.verdict for connection in verdict(found[:place] + found[place + 1 :]).connections]
        assert words.count("inconclusive") <= 1
        assert set(words) <= {"conformant", "inconclusive"}


def test_what_is_missing_is_said_with_the_frame_that_shows_it():
    found = segments(conversation("honest"))
    lost = next(place for place in carrying(found) if found[place].flow != found[0].flow)
    one = verdict(found[:lost] + found[lost + 1 :]).connections[0]
    assert one.judged.verdict == "inconclusive"
    octets = len(found[lost].octets)
    assert f"{octets} octets of the server's are missing, as frame" in one.judged.reason


def test_a_segment_lost_after_the_handshake_leaves_the_verdict_and_is_noted():
    found = segments(conversation("honest"))
    ways = {found[0].flow, found[1].flow}
    first = [place for place in carrying(found) if found[place].flow in ways]
    more = found[first[-1]]
    late = sequence(more, len(more.octets) + 700)._replace(octets=b"\x17\x03\x03\x00\x01x")
    one = verdict([*found[: first[-1] + 2], late]).connections[0]
    assert (one.judged.verdict, "700 octets" in one.judged.reason) == ("conformant", True)


@pytest.mark.parametrize("first", range(1, 12))
def test_a_capture_that_begins_late_says_so(first):
    found = segments(conversation("honest")[:10], longest=100)
    begun = verdict(found[carrying(found)[first] :])
    words = {connection.client: connection.judged.verdict for connection in begun.connections}
    assert words.pop("192.0.2.1:50001", "inconclusive") == "inconclusive"
    assert len(words) + len(begun.left_out) <= 2
    assert "violation" not in words.values()


def test_without_the_first_three_segments_a_connection_is_judged_from_its_hello():
    steps = conversation("S-02")
    found = [segment for segment in segments(steps) if not segment.flags & 2]
    assert judged(verdict(found)) == recorded(steps)


@pytest.mark.parametrize("side", [0, 1])
def test_one_direction_alone_is_inconclusive(side):
    found = segments(conversation("honest"))
    ways = {segment.flow for segment in found if segment.flow[-2:] == (443).to_bytes(2, "big")}
    chosen = [segment for segment in found if (segment.flow in ways) == (side == 0)]
    assert verdict(chosen).verdict == "inconclusive"
    assert not any(connection.judged.findings for connection in verdict(chosen).connections)


@pytest.mark.parametrize("name", NAMES)
def test_a_capture_that_ends_early_adds_no_finding(name):
    steps = conversation(name)
    found = segments(steps, longest=300)
    for end in carrying(found)[::3]:
        word, facts = judged(verdict(found[:end]))
        assert set(facts) <= set(recorded(steps)[1])
        assert word == "violation" or word == "inconclusive" or not facts or word == recorded(steps)[0]


# --- what contradicts itself ------------------------------------------------------------------------------------------


def test_octets_that_come_again_with_other_contents_make_the_connection_inconclusive():
    found = segments(conversation("S-02")[:8], longest=200)
    place = carrying(found)[4]
    other = found[place]._replace(octets=bytes(octet ^ 1 for octet in found[place].octets))
    assert verdict([*found[: place + 1], other, *found[place + 1 :]]).verdict == "inconclusive"


def test_a_probe_that_keeps_a_connection_alive_repeats_nothing():
    steps = conversation("honest")
    found = segments(steps)
    place = carrying(found)[-1]
    probe = sequence(found[place], len(found[place].octets) - 1)._replace(octets=b"?")
    assert judged(verdict([*found[: place + 1], probe, *found[place + 1 :]])) == recorded(steps)


def test_a_message_that_is_broken_off_by_a_reset_is_no_malformed_one():
    found = segments(conversation("honest")[:1], longest=50)[:4]
    last = found[-1]
    broken = Segment(last.flow, last.sequence + len(last.octets), last.acknowledgment, RST | ACK, b"")
    assert verdict([*found, broken]).verdict == "inconclusive"


# --- one direction after the other ------------------------------------------------------------------------------------


def test_ports_that_are_used_again_are_another_connection():
    steps = conversation("honest")
    again = [(1, sender, octets) for number, sender, octets in steps if number == 2]
    found = segments([step for step in steps if step[0] == 1]) + segments(again, start=(77_000, 88_000))
    assert [one.judged.verdict for one in verdict(found).connections] == ["conformant", "conformant"]


def test_the_numbers_may_overflow():
    steps = conversation("honest")
    said, gap = streamed(segments(steps[:6], start=(2**32 - 20, 2**32 - 1)))
    assert (said, gap) == (
        [b"".join(octets for _, sender, octets in steps[:6] if sender == who) for who in ("client", "server")], None
    )  # fmt: skip


def test_an_answer_captured_before_its_question_waits_for_it():
    steps = conversation("honest")
    found = segments(steps)
    question, answer = carrying(found)[:2]
    found[question], found[answer] = found[answer], found[question]
    assert answer - question < PATIENCE
    assert judged(verdict(found)) == recorded(steps)
