"""Paired runs: what depends on the session_id beside a ticket is found; chance, and what is permitted, is not."""

import json
from dataclasses import replace
from functools import partial
from itertools import count

import pytest

from rfc5077.model.event import CLIENT, Event, Extension, Message, SessionId
from rfc5077.properties.adapters import over_reference
from rfc5077.properties.adapters.in_memory import in_memory
from rfc5077.properties.adapters.peer import Peer
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.suite.agreement import Memory
from rfc5077.properties.suite.driver import PuppetClient
from rfc5077.properties.suite.pairs import LENGTHS, pair
from rfc5077.properties.suite.runner import check
from rfc5077.properties.suite.summary import check_json, check_text
from rfc5077.properties.verdict.explain import allowed_names, step_name
from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.connection import ServerConnection
from rfc5077.reference.handshake import negotiate
from rfc5077.reference.handshake.negotiate import Resumption
from rfc5077.reference.handshake.server_flight import ServerHandlers
from rfc5077.reference.ticket.key_ring import open_any

BESIDE, LOOK_UP, RENEWAL = "R5077-3.4-07", "R5077-3.4-08", "R5077-3.3-11"


def server(handlers=None, **choices):
    config = replace(over_reference.server_config(), **choices)
    make = partial(ServerConnection, handlers=handlers or ServerHandlers())
    return over_reference.server(config=config, make=make)


def opening(accepts):
    """Handlers of a server that opens a ticket only if this says so."""
    return ServerHandlers(open_ticket=lambda ring, ticket: open_any(ring, ticket) if accepts(ticket) else None)


def once():
    """Whether a ticket is seen for the first time."""
    seen = set()
    return lambda ticket: not (ticket in seen or seen.add(ticket))


def choosing(choose, **more):
    """Handlers of a server that sees the hello beside what it would answer."""

    def chosen(config, hello, now, opens):
        return choose(hello, negotiate.choose_resumption(config, hello, now, opens))

    return ServerHandlers(choose_resumption=chosen, **more)


def clauses(paired):
    return [finding.clause.id for finding in paired.findings]


@pytest.mark.parametrize("name", ["reference", "python-ssl", "tlslite"])
def test_a_conforming_server_answers_alike_beside_every_id(name):
    paired = pair(in_memory(name, "server"), set())
    assert (paired.findings, paired.unstable, paired.notes) == ((), (), ())
    assert BESIDE in paired.exercised
    assert paired.runs >= 2 * len(LENGTHS)


@pytest.mark.parametrize("name", ["S-50", "S-51", "S-52"])
def test_a_server_that_minds_the_id_is_found_by_its_clause_first(name):
    report = check("server", FAULTS[name].make())
    finding = report.findings[0].finding
    assert (report.verdict, finding.clause.id) == ("violation", BESIDE)
    assert "Two runs were compared" in finding.why
    assert report.guarantee.startswith("None: not all tests passed")
    assert BESIDE not in report.untouched


def test_the_trace_is_of_the_run_that_refused_and_allowed_is_what_the_other_run_got():
    finding = pair(FAULTS["S-50"].make(), set()).findings[0]
    assert [step.event.message for step in finding.trace] == ["ClientHello", "ServerHello", "Certificate"]
    hello = finding.trace[0]
    assert (hello.event.session_id, hello.alternatives[0].extension) == (b"", Extension.LIVE)
    assert allowed_names(finding) == ["server:ChangeCipherSpec"]
    assert finding.got == finding.trace[-1].event
    assert (finding.trace[-1].index, finding.trace[-1].event.connection) == (finding.index, finding.connection)


def test_an_alert_beside_a_short_id_is_a_refusal():
    def choose(hello, resumption):
        if 0 < len(hello.session_id) < 32:
            raise ProtocolError(Cause.MALFORMED, "a short id")
        return resumption

    paired = pair(server(choosing(choose)), set())
    assert clauses(paired)[0] == BESIDE
    assert paired.findings[0].got.message == "Alert"
    assert allowed_names(paired.findings[0])[0].startswith("server:ServerHello")


def test_a_server_that_insists_on_the_id_it_made_with_the_ticket_is_found():
    made = []

    def choose(hello, resumption):
        refused = resumption.ticket_presented and hello.session_id != made[-1]
        return Resumption(ticket_presented=True) if refused else resumption

    def session_id(config, hello, resumption, plan, entropy):
        chosen = negotiate.choose_session_id(config, hello, resumption, plan, entropy)
        if plan == "ticket":
            made.append(chosen)
        return chosen

    handlers = choosing(choose, choose_session_id=session_id)
    paired = pair(server(handlers, session_id_when_issuing="fresh", session_cache=None), set())
    assert clauses(paired)[0] == BESIDE
    assert "the id of the ticket's own session: resumed" in paired.findings[0].why


@pytest.mark.parametrize("name", ["S-54", "S-55"])
def test_a_look_up_beside_a_ticket_is_found_by_its_clause(name):
    report = check("server", FAULTS[name].make())
    assert [found.finding.clause.id for found in report.findings] == [LOOK_UP]


def test_a_look_up_by_a_server_that_opens_no_ticket_is_no_acceptance_of_the_ticket():
    def choose(config, hello, now, opens):
        plain = tuple(pair for pair in hello.extensions if pair[0] != 35)
        return negotiate.choose_resumption(config, replace(hello, extensions=plain), now, opens)

    for choices in ({}, {"session_id_when_issuing": "fresh"}):
        paired = pair(server(ServerHandlers(choose_resumption=choose), **choices), set())
        assert {*clauses(paired)} & {BESIDE, LOOK_UP} == {LOOK_UP}


@pytest.mark.parametrize("period", range(2, 13))
@pytest.mark.parametrize("refused", [True, False])
def test_a_server_that_refuses_by_number_is_not_held_to_mind_the_id(period, refused):
    number = count()
    paired = pair(server(opening(lambda _: (next(number) % period == 0) is not refused)), set())
    assert paired.findings == ()
    assert paired.unstable


def test_a_server_that_answers_in_two_ways_gets_no_guarantee():
    number = count()
    report = check("server", server(opening(lambda _: next(number) % 3 != 0)))
    assert BESIDE not in [found.finding.clause.id for found in report.findings]
    assert report.guarantee.startswith("None")
    assert any(symbol.startswith("client:ClientHello(session_ticket=live") for (symbol, *_) in report.unstable)


@pytest.mark.parametrize(
    "choices",
    [
        {"session_id_when_issuing": "fresh"},
        {"session_id_otherwise": "empty", "session_cache": None},
        {"renew": "ticket"},
        {"renew": "empty"},
        {"session_id_when_issuing": "fresh", "renew": "ticket"},
    ],
    ids=str,
)
def test_what_the_rfc_leaves_to_a_server_is_no_difference(choices):
    paired = pair(server(**choices), set())
    assert {finding.verdict for finding in paired.findings} <= {"advice"}
    assert (paired.unstable, paired.notes) == ((), ())
    assert BESIDE in paired.exercised


def test_a_server_that_takes_each_ticket_once_is_no_violation():
    paired = pair(server(opening(once())), set())
    assert (paired.findings, paired.unstable) == ((), ())
    assert {BESIDE, LOOK_UP} <= paired.exercised


def test_a_server_that_honours_no_ticket_has_not_been_put_to_the_test():
    paired = pair(server(honour_tickets=False), set())
    assert (paired.findings, paired.unstable) == ((), ())
    assert BESIDE not in paired.exercised


def test_no_ticket_no_pairs():
    paired = pair(server(issue="never", reissue="never"), set())
    assert (paired.runs, paired.connections, paired.exercised) == (0, 2, frozenset())
    assert "Paired runs" not in check_text(check("server", server(issue="never", reissue="never")))


def test_a_server_that_stops_issuing_is_unstable():
    minds = (server(), server(issue="never", reissue="never"))
    number = count()

    def connect():
        mind = minds[next(number) >= 12]
        return mind, mind.connect()

    moody = Peer(
        "moody", "server", connect, lambda handle, octets: handle[0].write(handle[1], octets),
        lambda handle: handle[0].read(handle[1]), closed=lambda handle: handle[0].closed(handle[1]),
    )  # fmt: skip
    paired = pair(moody, set())
    assert paired.findings == ()
    assert paired.unstable == (("client:ClientHello(session_ticket=empty,session_id=empty)",),)


def test_a_client_has_no_pairs():
    assert pair(over_reference.client(), set()).connections == 0


# --- renewals ---------------------------------------------------------------------------------------------------------


def test_the_old_ticket_resumes_as_long_as_the_renewal_is_not_confirmed():
    report = check("server", server(renew="ticket"))
    assert RENEWAL in report.paired.exercised
    assert RENEWAL not in report.untouched
    assert report.paired.notes == ()


def test_a_full_handshake_for_an_unconfirmed_renewal_is_a_note_and_no_finding():
    report = check("server", server(opening(once()), renew="ticket"))
    assert (report.verdict, report.findings) == ("conformant", ())
    assert RENEWAL in report.untouched
    (note,) = report.paired.notes
    assert "K-45" in note
    assert "K-45" in check_text(report)


@pytest.mark.parametrize("name", ["S-116", "S-117"])
def test_an_alert_for_the_old_ticket_is_found(name):
    assert "R5077-3.3-10" in clauses(pair(FAULTS[name].make(), set()))


def test_a_server_that_does_not_renew_is_not_asked():
    assert RENEWAL in check("server", "reference").untouched


# --- in the report ----------------------------------------------------------------------------------------------------


def test_the_report_says_what_was_paired():
    report = check("server", "reference")
    assert "Paired runs: 12, with a ticket beside no id, beside an id of 1 octet" in check_text(report)
    document = json.loads(json.dumps(check_json(report)))
    assert document["paired"]["runs"] == report.paired.runs
    assert document["paired"]["clauses"] == [BESIDE, LOOK_UP]
    assert {BESIDE, LOOK_UP} & set(report.untouched) == set()


def test_a_finding_of_two_runs_reads_like_the_others():
    text = check_text(check("server", FAULTS["S-50"].make()))
    assert "VIOLATION  R5077-3.4-07  MUST NOT, server" in text
    assert "beside no id: full handshake; beside an id of 32 octets: resumed." in text
    assert "<- due: ChangeCipherSpec" in text


def test_the_same_seed_gives_the_same_pairs():
    first, second = (pair(FAULTS["S-51"].make(), set(), seed=7) for _ in range(2))
    assert replace(first, findings=()) == replace(second, findings=())
    traces = [[step_name(step) for step in paired.findings[0].trace] for paired in (first, second)]
    assert traces[0] == traces[1]


@pytest.mark.parametrize("length", LENGTHS[1:])
def test_a_puppet_says_a_fresh_id_of_the_length_that_it_is_given(length):
    puppet = PuppetClient(server(), Memory(), own_id=bytes(length))
    hello = Event(sender=CLIENT, message=Message.ClientHello, session_id=SessionId.FRESH)
    assert puppet.say(hello)[0].session_id == bytes(length)
