"""Speed figures: each is produced, named and compared with its target; how fast this machine is decides no test."""

import json
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from itertools import count

import pytest

from rfc5077.properties.bench import (
    capturing,
    commands,
    crowd,
    endpoints,
    floor,
    handshakes,
    load,
    records,
    stateful,
    table,
)
from rfc5077.properties.bench.commands import Ran, fresh
from rfc5077.properties.bench.endpoints import openssl, reference, tlslite
from rfc5077.properties.bench.figure import Bench, Figure, figure_json, figure_text, least, most, rate
from rfc5077.properties.bench.pyopenssl import pyopenssl
from rfc5077.properties.cli.main import run
from rfc5077.properties.suite.world import Refuted
from rfc5077.properties.trace.observe import Observer
from rfc5077.reference.wire.hello import ClientHello
from rfc5077.reference.wire.messages import HandshakeReader, HandshakeType, ServerKeyExchange
from rfc5077.reference.wire.record import RecordReader

FIGURES = {
    "states": ("states/s", 150_000), "derivation": ("s", None), "suite": ("s", 2),
    "monitor": ("events/s", 1_000_000), "judge": ("events/s", 60_000),
    "check-live": ("tests/s", 400), "check-live-first": ("s", 1.0),
    "judge-pcap": ("x", 1), "judge-pcap-bare": ("x", None),
    "machine": ("messages/s", 2_000), "machine-handshakes": ("/s", 150),
    "full": ("x", 10), "full-ssl": ("x", 1), "full-pyopenssl": ("x", None), "full-not-crypto": ("%", None),
    "resumed": ("x", 5), "resumed-ssl": ("x", 1), "resumed-pyopenssl": ("x", None), "resumed-not-crypto": ("%", None),
    "bulk": ("x", 2), "bulk-cipher": ("x", None), "hello": ("us", 12),
    "serve-memory": ("MB", 300), "serve-connections": ("/s", None), "serve-resumed": ("/s", None),
}  # fmt: skip
"""Unit and target of each figure that is measured here; those of `prove` are read off a run that is made up."""
PROVED = json.dumps({"summary": {"proved": 12, "failed": 0}})


@pytest.fixture(scope="module")
def document():
    """What `bench --json` prints for all figures but those of `prove`."""
    names = [bench.name for bench in table.BENCHES if bench.name != "prove" and not bench.long]
    with pytest.MonkeyPatch.context() as patch:
        said: list[str] = []
        patch.setattr(capturing, "CLIENTS", 1)  # a small capture, twice
        patch.setattr("typer.echo", lambda text, nl: said.append(text))
        code = run(["bench", *names, "--json"])
    return code, json.loads("".join(said))


def test_each_figure_is_produced_with_its_target_and_whether_it_is_met(document):
    code, said = document
    assert said["schema"] == "rfc5077/bench/1"
    assert {f["name"]: (f["unit"], f["target"]) for f in said["figures"]} == FIGURES
    for figure in said["figures"]:
        assert figure["reason"] if figure["value"] is None else figure["value"] > 0
        assert figure["met"] in ((None,) if figure["target"] is None else (True, False))
        assert figure["against"] and figure["method"]
    assert code == int(any(figure["met"] is False for figure in said["figures"]))


def test_a_run_of_prove_gives_time_and_memory():
    seconds, memory = commands.proved(Ran(19.5, 21.0, 2345.6, 0, PROVED))
    assert (seconds.name, seconds.value, seconds.target, seconds.met) == ("prove", 19.5, most(60), True)
    assert (memory.name, memory.value, memory.target, memory.met) == ("prove-memory", 2345.6, most(2000), False)


def test_a_proof_that_fails_misses_its_target_however_fast_it_was():
    figures = commands.proved(Ran(1.0, 1.0, 1.0, 1, json.dumps({"summary": {"proved": 11, "failed": 1}})))
    assert [(figure.met, figure.reason) for figure in figures] == [(False, "1 theorems were not proved")] * 2


def test_a_figure_that_takes_minutes_is_measured_where_it_is_named(monkeypatch, capsys):
    rows = [Bench(name, lambda name=name: (Figure(name, 1.0, "s", most(2), "a"),), long=name == "b") for name in "ab"]
    monkeypatch.setattr(table, "BENCHES", tuple(rows))
    assert (run(["bench"]), run(["bench", "b"])) == (0, 0)
    assert re.findall(r"^([ab]) ", capsys.readouterr().out, re.MULTILINE) == ["a", "b"]


def test_the_matrix_gives_the_time_from_nothing_and_that_from_the_cache(monkeypatch):
    ran = iter((Ran(412.0, 800.0, 500.0, 0, '{"necessity": {"K": []}}'), Ran(31.0, 40.0, 500.0, 0, "{}")))
    asked = []
    monkeypatch.setattr(commands, "fresh", lambda *arguments: asked.append(arguments) or next(ran))
    figures = commands.matrix()
    assert [(figure.value, figure.target, figure.met) for figure in figures] == [
        (412.0, most(600), True), (31.0, most(60), True)
    ]  # fmt: skip
    assert ["--fresh" in arguments for arguments in asked] == [True, False]


def test_a_suite_that_finds_fault_with_openssl_misses_its_target():
    report = {"verdict": "violation", "suite": {"tests": 9}}
    (figure,) = commands.suited([Ran(0.5, 0.5, 1.0, 1, json.dumps(report))])
    assert (figure.met, figure.value) == (False, 0.5)


def test_a_machine_that_finds_fault_with_the_reference_misses_its_target(monkeypatch):
    def refute(_):
        raise Refuted("VIOLATION  R5077-3.3-02\n  a ladder")

    monkeypatch.setattr(stateful, "run_state_machine_as_test", refute)
    figures = stateful.judged()
    assert [(figure.name, figure.value, figure.met) for figure in figures] == [
        ("machine", None, False), ("machine-handshakes", None, False)
    ]  # fmt: skip
    assert figures[0].reason == "a run found fault with the reference: VIOLATION  R5077-3.3-02"


def test_a_command_in_a_fresh_process_tells_time_memory_and_output():
    ran = fresh("clause", "R5077-3.3-02", "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["schema"] == "rfc5077/clause/1"
    assert ran.seconds > 0
    assert ran.processor > 0
    assert ran.megabytes > 1


def test_a_command_that_says_nothing_is_no_figure():
    with pytest.raises(RuntimeError, match="no clause R9999-9"):
        fresh("clause", "R9999-9")


def test_a_missing_peer_leaves_the_figure_open_with_the_reason(monkeypatch):
    monkeypatch.setattr(handshakes, "tlslite_missing", lambda: "tlslite-ng is not installed: pip install it")
    figure, *beside = handshakes.resumed()
    assert (figure.name, figure.value, figure.met) == ("resumed", None, None)
    assert figure_json(figure, "")["reason"] == "tlslite-ng is not installed: pip install it"
    assert all(other.value is not None for other in beside)


def test_a_missing_client_leaves_the_rate_open_with_the_reason(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    (figure,) = load.resumptions()
    assert (figure.value, figure.met, figure.reason) == (None, None, "the program openssl is not installed")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("starting\nrrr\n\n3 connections in 0.1s; 30/user sec\n3 connections in 2 real seconds, 0 bytes\n", None),
        ("starting\nr*r\n\n3 connections in 0.1s; 30/user sec\n3 connections in 2 real seconds, 0 bytes\n", "1 of 3 "),
        ("starting\n\n\n0 connections in 0.1s; 0/user sec\n0 connections in 2 real seconds\n", "no connection"),
        ("", "no connection"),
    ],
)
def test_a_rate_counts_where_every_connection_was_resumed(monkeypatch, said, reason):
    monkeypatch.setattr("subprocess.run", lambda *_, **__: subprocess.CompletedProcess((), 0, said, ""))
    if reason is None:
        assert load.rate("localhost", 1) > 0
    else:
        with pytest.raises(load.NoRate, match=reason):
            load.rate("localhost", 1)


def test_a_client_that_does_not_end_leaves_the_rate_open_with_the_reason(monkeypatch):
    def hang(*arguments, **_):
        raise subprocess.TimeoutExpired(arguments, 30)

    @contextmanager
    def nowhere(*_):
        yield "localhost", 1, 1

    monkeypatch.setattr("shutil.which", lambda name: name)
    monkeypatch.setattr("subprocess.run", hang)
    monkeypatch.setattr(load, "serving", nowhere)
    (figure,) = load.resumptions()
    assert (figure.value, figure.met, figure.reason) == (None, None, "openssl s_time did not end within 30 s")


def test_a_server_that_does_not_end_when_told_is_killed(monkeypatch):
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    monkeypatch.setattr(crowd, "GRACE", 0.1)
    monkeypatch.setattr(crowd, "_wait_for", lambda *_: time.sleep(0.5))
    begun = time.monotonic()
    with crowd.running(lambda _: [sys.executable, "-c", deaf]) as (_, _, process):
        pass
    assert time.monotonic() - begun < 30
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_no_hello_that_is_read_is_like_another():
    like = records.openssl_hello()
    bodies = records.hellos(like, random.Random(1), count=50)
    read = [ClientHello.parse(body) for body in bodies]
    for part in ("random", "session_id", "session_ticket"):
        assert len({getattr(hello, part) for hello in read}) == 50
    assert {len(hello.session_ticket) for hello in read} == {200}
    assert {hello.cipher_suites for hello in read} == {like.cipher_suites}


def test_the_bare_cipher_covers_records_as_the_reference_does():
    client, server = endpoints.reference_ends(*endpoints.configurations())
    handshakes.shake(lambda: (client, server), False)
    client.tls.send(bytes(3 * 16384))
    sent = client.tls.data_to_send()
    covers = records.covers()
    assert len({nonce for nonce, _ in covers}) == len(covers) == records.AT_ONCE * records.REPEATED
    for index in range(3):
        record = sent[index * (16384 + 29) :][: 16384 + 29]
        nonce, covered = covers[1 + index]  # Finished was record 0
        assert (record[:3], record[5:13]) == (covered[8:11], nonce[4:])
        assert int.from_bytes(covered[11:], "big") == 16384


def test_the_floor_has_the_primitives_of_both_ends(monkeypatch):
    counted = Counter()
    for name in ("full", "resumed"):
        make = getattr(floor, name)
        work = make()
        for primitive in ("_share", "_expand", "_seal", "_open"):
            asked = getattr(floor, primitive)
            with_count = lambda *given, asked=asked, key=(name, primitive): counted.update([key]) or asked(*given)  # noqa: E731
            monkeypatch.setattr(floor, primitive, with_count)
        work()
        monkeypatch.undo()
    # Both master secrets, key blocks, and two Finished at either end.
    assert counted == {
        ("full", "_share"): 2, ("full", "_expand"): 2 + 2 + 4, ("full", "_seal"): 1,
        ("resumed", "_expand"): 2 + 4, ("resumed", "_open"): 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("installed", "said"),
    [((), "not installed"), (("tlslite",), ""), (("tlslite", "gmpy2"), "has the help of gmpy2 here")],
)
def test_nothing_is_said_about_tlslite_unless_it_is_there_and_alone(monkeypatch, installed, said):
    monkeypatch.setattr(endpoints, "find_spec", lambda name: name if name in installed else None)
    reason = endpoints.tlslite_missing()
    assert said in reason
    assert bool(reason) is bool(said)


def test_a_comparison_that_is_not_fair_shows_its_value_and_no_verdict():
    figure = Figure("full", 4.0, "x", least(10), "tlslite-ng", "gmpy2 speeds tlslite-ng up here")
    assert figure.met is None
    assert "gmpy2" in figure_text(figure)


@pytest.mark.parametrize(
    ("value", "target", "met"),
    [(10.0, least(10), True), (9.999, least(10), False), (20.0, most(20), True), (20.001, most(20), False)],
)
def test_a_target_is_met_from_its_own_value_on(value, target, met):
    assert Figure("f", value, "s", target, "").met is met


@pytest.mark.parametrize(
    ("figure", "code", "word"),
    [
        (Figure("f", 1.0, "s", most(2), "a"), 0, " met "),
        (Figure("f", 3.0, "s", most(2), "a"), 1, " MISSED "),
        (Figure("f", None, "s", most(2), "a", "why"), 0, "(why)"),
    ],
)
def test_a_missed_target_is_code_1_and_an_open_one_is_not(monkeypatch, capsys, figure, code, word):
    monkeypatch.setattr(table, "BENCHES", (Bench("f", lambda: (figure,)),))
    assert run(["bench"]) == code
    assert word in capsys.readouterr().out


def test_the_last_line_sums_up_and_says_what_is_open_and_why(monkeypatch, capsys):
    missing = "tlslite-ng is not installed"
    figures = (
        Figure("fast", 1.0, "s", most(2), "a"), Figure("slow", 3.0, "s", most(2), "a"),
        Figure("full", None, "x", least(10), "tlslite-ng", missing), Figure("beside", 1.0, "x", None, "ssl"),
        Figure("resumed", None, "x", least(5), "tlslite-ng", missing),
    )  # fmt: skip
    monkeypatch.setattr(table, "BENCHES", (Bench("f", lambda: figures),))
    run(["bench"])
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"1 targets met, 1 missed; full, resumed not decided: {missing}."


def test_an_unknown_figure_is_refused_with_the_nearest(capsys):
    assert run(["bench", "montior"]) == 2
    assert "no figure montior; did you mean monitor?" in capsys.readouterr().err


def test_a_rate_is_the_median_of_the_portions_behind_the_first():
    ticks = (0, 100, 100, 101, 101, 103, 103, 107)
    clock = iter(map(float, ticks)).__next__
    assert rate(len, ["x" * 1000, "x" * 8, "x" * 8, "x" * 8], clock) == 4.0


def curve(flight: bytes) -> int:
    """The curve of the one ServerKeyExchange among these records."""
    reader = HandshakeReader()
    messages = [m for _, _, fragment in RecordReader().feed(flight) for m in reader.feed(fragment)]
    (exchange,) = [m for m in messages if m.kind == HandshakeType.SERVER_KEY_EXCHANGE]
    return ServerKeyExchange.parse(exchange.body).group


@pytest.mark.parametrize("make", [reference, openssl, tlslite, pyopenssl])
@pytest.mark.parametrize("resume", [False, True])
def test_every_stack_does_the_same_work(make, resume):
    stack = make()
    handshakes.shake(stack.prepare(False), False)
    client, server = stack.prepare(resume)()
    observer, events, flights = Observer(1), [], []
    while octets := client.read():
        events += observer.octets("client", octets)
        server.write(octets)
        flights.append(server.read())
        events += observer.octets("server", flights[-1])
        client.write(flights[-1])
    hello = next(event for event in events if event.message == "ServerHello")
    said = [event.message for event in events if event.sender == "server"]
    assert (hello.version, hello.cipher_suite, 23 in hello.extensions) == (0x0303, 0xC02B, True)
    assert (client.resumed(), server.resumed()) == (resume, resume)
    if resume:
        assert said == ["ServerHello", "ChangeCipherSpec", "Finished"]
    else:
        assert said[1:4] == ["Certificate", "ServerKeyExchange", "ServerHelloDone"]
        assert curve(flights[0]) == 23  # secp256r1
        assert len(next(event.ticket for event in events if event.message == "NewSessionTicket")) > 100


def test_handshakes_are_timed_in_turns():
    ticks = count()
    works = [handshakes.shaking(make(), False) for make in (reference, openssl)]
    taken = handshakes.seconds(works, rounds=2, clock=lambda: float(next(ticks)))
    assert taken == [1.0, 1.0]


def test_the_names_are_listed_with_their_methods(monkeypatch, capsys):
    monkeypatch.setattr(table, "measured", lambda *_: pytest.fail("measured"))
    assert run(["bench", "--list"]) == 0
    names = [line.partition(",")[0] for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")]
    assert names == [row.name for row in table.BENCHES]
