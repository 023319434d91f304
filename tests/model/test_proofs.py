"""The theorems are proved, by two solvers and for a reason; and a proof that has a hole is not taken for one."""

import re
from itertools import combinations

import pytest
import z3

from rfc5077.model.event import CLIENT
from rfc5077.model.proof import induction, prover
from rfc5077.model.proof.certificate import SOLVERS, Obligation, check, check_with_cvc5, check_with_z3, obligation
from rfc5077.model.proof.explore import Explored, explore
from rfc5077.model.proof.invariant import Diagram
from rfc5077.model.proof.joint import STATE
from rfc5077.model.proof.necessity import of_joint
from rfc5077.model.proof.prover import dropped, prove
from rfc5077.model.proof.replay import ReplayError, replayed, wire
from rfc5077.model.proof.rules import rules
from rfc5077.model.proof.solvers import Answers, Solvers, worst
from rfc5077.model.proof.theorem import Always, Theorem, TwoRuns
from rfc5077.model.proof.theorems import THEOREMS
from rfc5077.model.run.monitor import Monitor

ALL: frozenset[str] = frozenset()
JOINT = of_joint(THEOREMS)
BY_ID = {theorem.id: theorem for theorem in JOINT}
named = pytest.mark.parametrize("theorem", JOINT, ids=lambda theorem: theorem.id)


@pytest.fixture(scope="module")
def explored() -> Explored:
    return explore()


@pytest.fixture(scope="module")
def proof():
    return prove(JOINT)


def result(proof, theorem: Theorem):
    return next(found for found in proof.results if found.theorem is theorem)


@named
def test_a_theorem_is_proved_and_both_solvers_agree(proof, theorem):
    found = result(proof, theorem)
    assert (found.status, found.certificate) == ("proved", {"z3": "unsat", "cvc5": "unsat"})
    assert found.counterexample == ()


def test_there_are_a_dozen_theorems_that_follow_from_no_single_clause(proof):
    assert proof.failed == ()
    assert sum(not theorem.follows_from for theorem in JOINT) >= 12


@named
def test_the_condition_of_a_theorem_comes_about_in_a_run_that_is_shown(proof, theorem):
    twin = result(proof, theorem).twin
    assert (twin.id, twin.status) == (f"{theorem.id}.twin", "refuted")
    assert len(twin.traces) == (2 if isinstance(theorem.claim, TwoRuns) else 1)
    assert any(twin.traces)


@named
def test_the_run_that_is_shown_breaks_no_clause(proof, theorem):
    """What both parties say in a witness is judged by the monitor, which knows nothing of the proof."""
    for trace in result(proof, theorem).twin.traces:
        altered = any("a damaged" in step.rule for step in trace)
        monitor = Monitor()
        breaches = [breach.clause.id for event in wire(trace) for breach in monitor.feed((event.but(resumes=False),))]
        assert altered or breaches == []


@pytest.mark.parametrize("one, other", list(combinations(JOINT, 2)), ids=lambda theorem: theorem.id)
def test_no_two_theorems_say_the_same_or_have_the_same_twin(one, other):
    assert one.statement != other.statement
    assert twin_formula(one) != twin_formula(other)


def twin_formula(theorem: Theorem) -> str:
    """What the twin denies, in one spelling."""
    claim = theorem.claim
    parts = [claim.when(ALL)]
    if isinstance(claim, TwoRuns):
        parts += [*claim.linked(), claim.apart()]
    return "\n".join(z3.simplify(part).sexpr() for part in parts)


@named
def test_a_theorem_is_no_tautology(theorem):
    """Without the invariant its conclusion does not follow."""
    claim = theorem.claim
    solver = z3.Solver()
    if isinstance(claim, Always):
        solver.add(claim.when(ALL), z3.Not(claim.then(ALL)))
    elif isinstance(claim, TwoRuns):
        solver.add(*induction.self_composed(claim, z3.BoolVal(True), ALL))
    else:
        moves = [rule for rule in rules() if claim.moves(rule)]
        solver.add(claim.when(ALL), z3.Or([induction.lowers_nothing(claim.rank(), rule) for rule in moves]))
    assert solver.check() == z3.sat


def test_a_theorem_says_what_it_rests_on_in_one_sentence():
    for theorem in JOINT:
        assert theorem.statement[0].isupper() and theorem.statement.endswith(".")
        assert theorem.id == theorem.id.lower() and theorem.basis.value


# --- what a certificate is worth ---


def outcomes(script: str) -> dict[str, str]:
    return {solver: check(solver, [script])[0] for solver in SOLVERS}


def test_both_solvers_read_a_script_alike():
    p = z3.Bool("p")
    for formulas, answer in (((p,), "sat"), ((p, z3.Not(p)), "unsat")):
        script = obligation("example", *formulas).script
        assert check_with_z3(script) == check_with_cvc5(script) == answer


def test_a_state_that_is_missing_from_the_invariant_shows_in_the_step_that_leads_there(explored):
    missing = next(state for state in reversed(explored.states) if explored.parents[state] is not None)
    _, number = explored.parents[missing]
    kept = [a + b + c for a, b, c in explored.states if (a, b, c) != missing]
    obligations = list(induction.closure(Diagram(kept).formula(), explored))
    assert outcomes(obligations[number].script) == {"z3": "sat", "cvc5": "sat"}


def test_a_start_that_is_missing_from_the_invariant_shows(explored):
    kept = [a + b + c for a, b, c in explored.states if (a, b, c) != explored.starts[0]]
    (initiation,) = induction.initiation(Diagram(kept).formula(), explored.starts)
    assert outcomes(initiation.script) == {"z3": "sat", "cvc5": "sat"}


def test_an_invariant_that_says_too_little_does_not_give_the_theorem(explored):
    theorem = BY_ID["no_ticket_comes_unannounced"]
    (weak,) = induction.safety(theorem, z3.BoolVal(True), explored, ALL)
    assert outcomes(weak.script) == {"z3": "sat", "cvc5": "sat"}


def all_say(answer: str, obligations) -> Answers:
    found = Answers()
    for one in obligations:
        found.seconds[one] = 0.0
        for solver in SOLVERS:
            found.of[solver][one] = answer
    return found


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("answer", ["sat", "unknown"])
def test_what_one_solver_does_not_confirm_is_not_proved(solver, answer):
    theorem = BY_ID["no_ticket_comes_unannounced"]
    found = induction.draft([theorem], ALL)
    answers = all_say("unsat", found.obligations())
    assert prover._joint(theorem, answers, found, ALL).status == "proved"
    answers.of[solver][found.obligations()[-1]] = answer
    doubted = prover._joint(theorem, answers, found, ALL)
    assert (doubted.status, doubted.certificate[solver]) == ("unknown", answer)


def test_two_formulas_under_one_name_are_refused():
    """One would answer for the other, and overwrite its file."""
    false, true = (Obligation("theorem t: safety", script) for script in ("(assert false)", "(assert true)"))
    with Solvers(1.0) as solvers, pytest.raises(ValueError, match="two obligations are named"):
        solvers.ask([false, false, true])


def test_one_answer_that_is_not_unsat_spoils_them_all():
    assert worst(["unsat", "unsat"]) == "unsat"
    assert worst(["unsat", "unknown", "unsat"]) == "unknown"
    assert worst(["unsat", "sat", "unsat"]) == "sat"


def test_a_theorem_whose_condition_is_never_met_is_not_proved():
    empty = Theorem("never", "Never.", BY_ID["no_ticket_comes_unannounced"].basis,
                    Always(lambda _: z3.BoolVal(False), lambda _: z3.BoolVal(False)))  # fmt: skip
    draft = induction.draft([empty], ALL)
    found = prover._joint(empty, all_say("unsat", draft.obligations()), draft, ALL)
    assert (found.status, found.twin.status, found.twin.traces) == ("unknown", "unknown", ())


def test_a_refuted_theorem_comes_with_its_run():
    without = dropped("R5077-3.3-02")
    assert without == {"R5077-3.1-03", "R5077-3.3-02", "R5077-3.3-07"}
    theorem = BY_ID["ticket_has_its_place"]
    refuted = prover._joint(theorem, Answers(), induction.draft([theorem], without), without)
    assert refuted.status == "refuted"
    (trace,) = refuted.counterexample
    # Announced, then ChangeCipherSpec without NewSessionTicket.
    said = [event.message.name for event in wire(trace)]
    assert "NewSessionTicket" not in said and "ChangeCipherSpec" in said
    broken = {b.clause.id for b in judged(wire(trace))}
    assert broken == {"R5077-3.3-02"}


def judged(events):
    monitor = Monitor()
    return [breach for event in events for breach in monitor.feed((event.but(resumes=False),))]


# --- replay ---


def forged(explored: Explored, state, parent) -> Explored:
    return Explored(explored.parents | {state: parent}, explored.moves, explored.starts)


def some_state(explored: Explored, steps: int):
    return next(state for state in explored.states if len(explored.trace(state)) == steps)


def test_a_trace_is_replayed_step_by_step(explored):
    state = some_state(explored, 9)
    steps = replayed(explored, state)
    assert [step.rule for step in steps] == [explored.moves.rules[number].name for number, _ in explored.trace(state)]
    assert (steps[-1].client.codes, steps[-1].server.codes, steps[-1].world.codes) == state
    assert steps[0].event.sender is CLIENT and not steps[0].delivery


def test_a_step_that_is_not_possible_is_refused(explored):
    state = some_state(explored, 6)
    before, _ = explored.parents[state]
    impossible = next(n for n, _ in enumerate(explored.moves.rules) if n not in dict(explored.moves.after(before)))
    with pytest.raises(ReplayError, match="is not possible at step 6"):
        replayed(forged(explored, state, (before, impossible)), state)


def test_a_step_that_leads_elsewhere_is_refused(explored):
    state = some_state(explored, 6)
    before, number = explored.parents[state]
    elsewhere = next(other for other in explored.states if len(explored.trace(other)) == 5 and other != before)
    with pytest.raises(ReplayError, match="leads elsewhere at step 6"):
        replayed(forged(explored, elsewhere, (before, number)), elsewhere)


def test_a_trace_that_begins_nowhere_is_refused(explored):
    state = some_state(explored, 3)
    with pytest.raises(ReplayError, match="begins nowhere"):
        replayed(forged(explored, state, None), state)


# --- the files ---


def test_the_obligations_are_complete_scripts_with_names_of_their_own(proof):
    names = [one.name for one in proof.obligations]
    assert len(names) == len(set(names))
    kinds = {name.split()[0].rstrip(":") for name in names}
    assert kinds == {"initiation", "consecution", "theorem"}
    assert sum(name.startswith("consecution") for name in names) == len(rules())
    for one in proof.obligations:
        assert one.script.startswith(f"; {one.name}\n") and one.script.rstrip().endswith("(check-sat)")
        assert re.findall(r"\(set-logic (\w+)\)", one.script) in (["QF_UF"], ["QF_LIA"])
        assert "declare-datatypes" not in one.script


def test_the_invariant_speaks_of_every_field(proof):
    (initiation,) = [one for one in proof.obligations if one.name == "initiation"]
    assert all(f"{term.decl().name()}" in initiation.script for term in STATE.terms())
