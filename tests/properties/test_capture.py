"""`judge` reads captures: those of foreign stacks, made of real octets, and what no capture is."""

import json
import re
import struct
import tomllib
from pathlib import Path

import pytest
from captures import HOSTS, judged, recorded, segments, talk

from rfc5077.properties.adapters import over_reference, python_ssl
from rfc5077.properties.capture import connections
from rfc5077.properties.capture.framing import LONGEST_FRAME, frames, is_capture
from rfc5077.properties.capture.packet import ACK, PSH, Link, Segment, ends, flow, segment
from rfc5077.properties.capture.verdict import capture_json, capture_text, judge_capture
from rfc5077.properties.capture.write import Conversation, endpoint, frame_of, pcap, pcapng, spaced, write_capture
from rfc5077.properties.cli.main import run
from rfc5077.properties.faults import FAULTS

TRACES = Path(__file__).parents[1] / "traces"
KEPT = sorted(TRACES.glob("*.pcap*"))
EXPECTED = {entry["file"]: entry for entry in tomllib.loads((TRACES / "expected.toml").read_text())["recording"]}
LINKS = {4: [link for link in Link if link is not Link.IPV6], 6: [link for link in Link if link is not Link.IPV4]}


@pytest.fixture(scope="module")
def openssl():
    """Three connections of OpenSSL with itself; the second and third resume."""
    return talk(python_ssl.client(), python_ssl.server())


@pytest.fixture(scope="module")
def faulty():
    """A server that announces a ticket, and sends none."""
    return talk(over_reference.client(), FAULTS["S-02"].make())


def judge(tmp_path, found, name="it.pcap", link=Link.ETHERNET, complete=True):
    write_capture(tmp_path / name, spaced(found), link)
    return judge_capture(tmp_path / name, complete)


def refused(capsys, *arguments):
    """The one line on stderr of a command that cannot use what it was given."""
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    return err.removeprefix("rfc5077: ").rstrip("\n")


# --- captures of foreign stacks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_capture_of_a_stack_gets_the_verdict_of_its_recording(path):
    expected, verdict = EXPECTED[path.stem], judge_capture(path)
    assert verdict.verdict == expected["verdict"]
    found = {finding.clause.id for one in verdict.connections for finding in one.judged.findings}
    assert found == ({expected["clause"], *expected.get("also", ())} if "clause" in expected else set())


def test_captures_of_at_least_four_stacks_are_kept():
    assert {path.stem.split("_")[0] for path in KEPT} >= {"openssl", "go", "gnutls", "jsse", "tlslite"}


def test_tls_1_3_is_left_out_with_a_note():
    verdict = judge_capture(TRACES / "openssl_tls_1_3.pcap")
    (left,) = verdict.left_out
    assert (left.reason, left.connections) == ("TLS 1.3 was negotiated, not TLS 1.2", 1)
    assert verdict.connections == ()


# --- captures made of octets ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["it.pcap", "it.pcapng"])
@pytest.mark.parametrize(("version", "link"), [(version, link) for version in (4, 6) for link in LINKS[version]])
def test_every_link_and_both_ips_are_read_from_both_formats(tmp_path, faulty, version, link, name):
    assert judged(judge(tmp_path, segments(faulty, version), name, link)) == recorded(faulty)


def test_openssl_over_the_loopback_is_found_to_conform(tmp_path, openssl):
    verdict = judge(tmp_path, segments(openssl))
    assert judged(verdict) == recorded(openssl) == ("conformant", [])
    assert len(verdict.connections) == 3


def test_a_ticket_travels_between_the_connections_of_one_pair_alone(tmp_path):
    steps = talk(FAULTS["C-70"].make(), over_reference.server())  # it wraps the ticket that it got before
    assert "R5077-3.2-12" in {clause for _, _, clause, *_ in judged(judge(tmp_path, segments(steps)))[1]}
    elsewhere = []
    for number in (1, 2, 3):
        for one in segments([step for step in steps if step[0] == number]):
            source, target = (
                end._replace(address=bytes([10, 0, 0, number])) if end.port != 443 else end for end in ends(one.flow)
            )
            elsewhere.append(one._replace(flow=flow(source, target)))
    assert "R5077-3.2-12" not in {clause for _, _, clause, *_ in judged(judge(tmp_path, elsewhere))[1]}


def test_other_traffic_is_left_out_with_a_note(tmp_path, openssl):
    client, server = HOSTS[4]
    web = Conversation(endpoint(client, 60000), endpoint(server, 80))
    mail = Conversation(endpoint(client, 60001), endpoint(server, 25))
    found = [
        *web.opened(), *web.said("client", b"GET / HTTP/1.1\r\n\r\n"), *web.said("server", b"HTTP/1.1 200 OK\r\n\r\n"),
        *mail.opened(), *mail.said("server", b"220 mail\r\n"), *mail.said("client", b"EHLO it\r\n"), *segments(openssl),
    ]  # fmt: skip
    verdict = judge(tmp_path, found)
    assert [(left.reason, left.connections, left.first_frame) for left in verdict.left_out] == [("no TLS", 2, 1)]
    assert verdict.verdict == "conformant"
    assert "left out: 2 connections, first in frame 1: no TLS" in capture_text(verdict)


def test_a_server_that_answers_without_tls_is_left_out(tmp_path, openssl):
    client, server = HOSTS[4]
    web = Conversation(endpoint(client, 60000), endpoint(server, 80))
    hello = openssl[0][2]
    verdict = judge(tmp_path, [*web.opened(), *web.said("client", hello), *web.said("server", b"HTTP/1.1 400\r\n\r\n")])
    assert [left.reason for left in verdict.left_out] == ["no TLS is what the server answers"]


def test_servers_are_told_apart_by_address_and_port(tmp_path, faulty):
    found = segments(faulty)
    elsewhere = []
    for one in segments(faulty):
        source, target = (end._replace(port=8443) if end.port == 443 else end for end in ends(one.flow))
        elsewhere.append(one._replace(flow=flow(source, target)))
    verdict = judge(tmp_path, [*found, *elsewhere])
    servers = [connection.server for connection in verdict.connections if connection.judged.findings]
    assert servers.count("192.0.2.2:443") == servers.count("192.0.2.2:8443") > 0


def test_vlan_tags_and_ethernet_padding_are_taken_off(faulty):
    one = segments(faulty)[3]
    plain = frame_of(one)
    tagged = plain[:12] + bytes.fromhex("88a80001 81000002") + plain[12:] + bytes(7)
    assert segment(Link.ETHERNET, tagged) == one == segment(Link.ETHERNET, plain)


def test_extension_headers_of_ipv6_are_passed_over(faulty):
    one = segments(faulty, 6)[3]
    plain = frame_of(one, Link.RAW)
    longer = (int.from_bytes(plain[4:6], "big") + 8).to_bytes(2, "big")
    assert segment(Link.RAW, plain[:4] + longer + b"\0" + plain[7:40] + b"\x06" + bytes(7) + plain[40:]) == one


def test_a_fragment_gives_nothing(faulty):
    plain = bytearray(frame_of(segments(faulty)[3], Link.RAW))
    plain[6] |= 0x20
    assert segment(Link.RAW, bytes(plain)) is None


@pytest.mark.parametrize("length", range(60))
def test_a_frame_that_is_too_short_gives_nothing_and_does_no_harm(faulty, length):
    for version in (4, 6):
        one = segments(faulty, version)[3]
        found = segment(Link.ETHERNET, frame_of(one)[:length])
        assert found is None or one.octets.startswith(found.octets)


def test_a_snap_length_that_cuts_frames_makes_them_incomplete(tmp_path, openssl):
    cut = [(number / 1000, frame_of(one)[:200]) for number, one in enumerate(segments(openssl))]
    (tmp_path / "cut.pcap").write_bytes(pcap(cut, Link.ETHERNET))
    verdict = judge_capture(tmp_path / "cut.pcap")
    assert verdict.connections[0].judged.verdict == "inconclusive"
    assert not any(connection.judged.findings for connection in verdict.connections)


def test_interfaces_with_different_links_may_stand_in_one_file(tmp_path, openssl):
    found = segments(openssl)
    first = pcapng([(0.001 * n, frame_of(one)) for n, one in enumerate(found[:20])], Link.ETHERNET)
    second = pcapng([(1 + 0.001 * n, frame_of(one, Link.RAW)) for n, one in enumerate(found[20:])], Link.RAW)
    (tmp_path / "two.pcapng").write_bytes(first + second)  # sections may follow one another
    assert judged(judge_capture(tmp_path / "two.pcapng")) == recorded(openssl, complete=False)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("magic", "second"), [(0xA1B2C3D4, 10**6), (0xA1B23C4D, 10**9)])
def test_pcap_of_either_byte_order_and_resolution_is_read(tmp_path, faulty, order, magic, second):
    octets = struct.pack(f"{order}IHHIIII", magic, 2, 4, 0, 0, 65535, Link.RAW)
    for number, one in enumerate(segments(faulty)):
        frame = frame_of(one, Link.RAW)
        octets += struct.pack(f"{order}IIII", 1000 + number, second // 4, len(frame), len(frame)) + frame
    (tmp_path / "it.pcap").write_bytes(octets)
    assert next(frames(tmp_path / "it.pcap")).time == 1000.25
    assert judged(judge_capture(tmp_path / "it.pcap", complete=True)) == recorded(faulty)


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack(f"{order}II", kind, len(body) + 12) + body + struct.pack(f"{order}I", len(body) + 12)


@pytest.mark.parametrize("order", "<>")
def test_pcapng_of_either_byte_order_with_any_resolution_and_interface_is_read(tmp_path, faulty, order):
    octets = block(order, 0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))
    octets += block(order, 1, struct.pack(f"{order}HHI", 105, 0, 0))  # of a link that is not read
    octets += block(order, 1, struct.pack(f"{order}HHIHHB3xHH", Link.RAW, 0, 0, 9, 1, 0x8A, 0, 0))  # in 1024ths
    octets += block(order, 0xBAD, b"passed over")
    octets += block(order, 6, struct.pack(f"{order}IIIII", 0, 0, 0, 60, 60) + bytes(60))
    for number, one in enumerate(segments(faulty)):
        frame = frame_of(one, Link.RAW)
        time = (1000 + number) * 1024 + 256
        head = struct.pack(f"{order}IIIII", 1, time >> 32, time & 0xFFFFFFFF, len(frame), len(frame))
        octets += block(order, 6, head + frame)
    (tmp_path / "it.pcapng").write_bytes(octets)
    assert [frame.time for frame in frames(tmp_path / "it.pcapng")][1:3] == [1000.25, 1001.25]
    assert judged(judge_capture(tmp_path / "it.pcapng", complete=True)) == recorded(faulty)


@pytest.mark.parametrize("order", "<>")
def test_simple_and_old_packet_blocks_are_read(tmp_path, faulty, order):
    octets = block(order, 0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))
    octets += block(order, 1, struct.pack(f"{order}HHI", Link.RAW, 0, 0))
    for number, one in enumerate(segments(faulty)):
        frame = frame_of(one, Link.RAW)
        old = struct.pack(f"{order}HHIIII", 0, 0, 0, number, len(frame), len(frame))
        simple = struct.pack(f"{order}I", len(frame))
        octets += block(order, 2, old + frame) if number % 2 else block(order, 3, simple + frame)
    (tmp_path / "it.pcapng").write_bytes(octets)
    assert judged(judge_capture(tmp_path / "it.pcapng", complete=True)) == recorded(faulty)


# --- what is printed --------------------------------------------------------------------------------------------------


def test_json_names_the_ends_the_event_and_the_frame(tmp_path, faulty, capsys):
    found = segments(faulty)
    write_capture(tmp_path / "it.pcap", spaced(found))
    assert run(["judge", str(tmp_path / "it.pcap"), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    (file,) = document["files"]
    assert (document["schema"], file["verdict"], file["frames"]) == ("rfc5077/judge/1", "violation", len(found))
    one = file["connections"][0]
    assert (one["client"], one["server"]) == ("192.0.2.1:50001", "192.0.2.2:443")
    finding = one["findings"][0]
    assert (finding["clause"], finding["got"]) == ("R5077-3.3-02", "server:ChangeCipherSpec")
    assert b"\x14\x03\x03\x00\x01\x01" in found[finding["frame"] - 1].octets
    assert finding["event"] == len(finding["trace"])


def test_text_names_the_frames_and_draws_the_messages(tmp_path, faulty):
    text = capture_text(judge(tmp_path, segments(faulty, 6)))
    assert re.search(r"^ +4  client  ClientHello .*\n +6  server  ServerHello ", text, re.MULTILINE)
    where = "connection 1 ([2001:db8::1]:50001 with [2001:db8::2]:443), frame "
    assert f"VIOLATION  R5077-3.3-02  MUST, server  ({where}" in text
    assert "<- due: NewSessionTicket; zero length will do" in text


def test_recordings_and_captures_are_judged_by_one_command(tmp_path, openssl, capsys):
    write_capture(tmp_path / "it.pcapng", spaced(segments(openssl)))
    assert run(["judge", str(tmp_path / "it.pcapng"), str(TRACES / "openssl_resumes.jsonl")]) == 0
    assert capsys.readouterr().out.count(": conformant") == 2


def test_a_verdict_in_json_has_what_is_missing_and_left_out(tmp_path, openssl):
    found = segments(openssl)
    document = capture_json(judge(tmp_path, found[:8]))
    assert document["connections"][0]["reason"] == "it ends in mid-handshake"
    assert document["left_out"] == []


# --- what cannot be used ----------------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path, openssl):
    """A good capture in both formats, to be spoiled."""
    for name in ("good.pcap", "good.pcapng"):
        write_capture(tmp_path / name, spaced(segments(openssl)))
    return tmp_path


def test_an_empty_file_is_refused(tmp_path, capsys):
    (tmp_path / "it.pcap").write_bytes(b"")
    assert refused(capsys, "judge", str(tmp_path / "it.pcap")) == f"{tmp_path / 'it.pcap'} is empty"


@pytest.mark.parametrize("name", ["good.pcap", "good.pcapng"])
def test_a_capture_without_frames_is_refused(files, capsys, name):
    path = files / name
    path.write_bytes((pcap if name == "good.pcap" else pcapng)([], Link.ETHERNET))
    assert refused(capsys, "judge", str(path)).endswith("holds no frame")


def test_a_file_that_is_no_capture_is_refused(tmp_path, capsys):
    (tmp_path / "it.pcap").write_text("GET / HTTP/1.1\n")
    assert "is no capture: it begins with 47 45 54 20" in refused(capsys, "judge", str(tmp_path / "it.pcap"))


def test_a_missing_file_and_a_folder_are_refused(tmp_path, capsys):
    assert "No such file" in refused(capsys, "judge", str(tmp_path / "none.pcap"))
    (tmp_path / "folder.pcap").mkdir()
    assert "cannot be read: Is a directory" in refused(capsys, "judge", str(tmp_path / "folder.pcap"))


@pytest.mark.parametrize("name", ["good.pcap", "good.pcapng"])
def test_a_capture_that_is_cut_short_anywhere_is_refused_or_shorter(files, capsys, name):
    whole = (files / name).read_bytes()
    said = set()
    for length in range(4, len(whole), 101):
        (files / name).write_bytes(whole[:length])
        code = run(["judge", str(files / name)])
        out, err = capsys.readouterr()
        assert code in (0, 2) and err.count("\n") == (code == 2)
        said.add("cut short" if "cut short" in err else "clean" if out else "other")
    assert "cut short" in said


@pytest.mark.parametrize("name", ["good.pcap", "good.pcapng"])
def test_a_damaged_capture_is_refused_in_one_line_or_read(files, capsys, name):
    whole = (files / name).read_bytes()
    for place in range(0, min(len(whole), 1500), 7):
        (files / name).write_bytes(whole[:place] + b"\xff\xff" + whole[place + 2 :])
        code = run(["judge", str(files / name)])
        assert code in (0, 1, 2) and capsys.readouterr().err.count("\n") == (code == 2)


@pytest.mark.parametrize("name", ["good.pcap", "good.pcapng"])
def test_a_frame_of_impossible_length_is_refused_before_memory_is_taken_for_it(files, capsys, name):
    whole = bytearray((files / name).read_bytes())
    at = 24 + 8 if name == "good.pcap" else whole.index(b"\x06\0\0\0") + 4
    whole[at : at + 4] = (0xFFFFFFF0).to_bytes(4, "little")
    (files / name).write_bytes(whole)
    assert "is damaged behind frame 0: a length of " in refused(capsys, "judge", str(files / name))
    assert LONGEST_FRAME < 2**23


@pytest.mark.parametrize("limit", ["MOST_JUDGED", "MOST_CONNECTIONS"])
def test_a_capture_of_too_many_connections_is_refused(files, capsys, monkeypatch, limit):
    monkeypatch.setattr(connections, limit, 2)
    assert "holds more than 2 " in refused(capsys, "judge", str(files / "good.pcap"))


def test_what_waits_for_missing_octets_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(connections, "MOST_WAITING", 100_000)
    client, server = (endpoint(host, 443) for host in HOSTS[4])
    line = Conversation(client, server)
    found = [*line.opened(), *line.said("client", bytes.fromhex("160301000101"))]
    list(line.said("client", b"lost"))
    one = judge(tmp_path, [*found, *line.said("client", bytes(200_000))]).connections[0]
    assert one.judged.verdict == "inconclusive" and "4 octets of the client's are missing" in one.judged.reason


@pytest.mark.parametrize("write", [pcap, pcapng])
def test_a_link_that_is_not_read_is_named(files, capsys, write):
    (files / "it.pcap").write_bytes(write([(0.0, bytes(60))], 105))
    assert "has frames of link type 105, which is not read" in refused(capsys, "judge", str(files / "it.pcap"))


def test_a_capture_is_known_by_its_name_or_its_first_octets(files):
    (files / "good.pcap").rename(files / "without_a_suffix")
    assert is_capture(files / "without_a_suffix")
    assert not is_capture(TRACES / "go_client.jsonl")


def test_segments_written_are_segments_read():
    client, server = (endpoint(host, 1) for host in HOSTS[6])
    one = Segment(flow(client, server), 2**32 - 1, 7, PSH | ACK, b"octets")
    assert all(segment(link, frame_of(one, link)) == one for link in LINKS[6])
