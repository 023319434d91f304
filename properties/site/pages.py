"""The pages of the site: every file as text, from the model and from what was computed about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from itertools import count

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt

from rfc5077 import __version__
from rfc5077.model.attacker.attacks import ladders as attack_ladders
from rfc5077.model.clauses import BY_ID, CATALOGUE
from rfc5077.model.flows import FIGURES
from rfc5077.model.proof.consistency import DISPUTES, ELSEWHERE, permissions, permitting
from rfc5077.model.proof.theorems import EVERY
from rfc5077.properties.knowledge.necessity import Row, kept, minimal
from rfc5077.properties.site import diagram, ladders
from rfc5077.properties.site.machines import DIAGRAMS
from rfc5077.properties.site.words import brief
from rfc5077.properties.verdict.clauses import clause_as_json, clause_page


def _needs(necessity: tuple[Row, ...]) -> dict[str, list[str]]:
    """For each theorem, the first id of every class that it falls without."""
    needs: dict[str, list[str]] = {}
    for row in necessity:
        for fall in row.falls:
            needs.setdefault(fall.theorem, []).append(row.ids[0])
    return needs


def _permitted() -> Iterator[tuple[str, str, str]]:
    """Each clause that permits, what it says, and the run that shows it, or why none does."""
    runs = {id: " · ".join(brief(event) for event in run) for id, run in permissions()}
    for id in permitting():
        yield id, BY_ID[id].text, runs.get(id) or f"None: it {ELSEWHERE[id]}."


def _interoperation() -> str:
    """The table that `rfc5077 matrix` has written, as it is kept; its cells lead to their notes, these to clauses."""
    kept = files("rfc5077.properties.matrix").joinpath("table.md").read_text("utf-8")
    page = str(MarkdownIt("commonmark", {"html": False}).enable("table").render(kept))
    cells, head, notes = page.partition("<h2>Notes</h2>")
    cells = re.sub(r"\[(\d+)\]", r'<a href="#note-\1">[\1]</a>', cells)
    numbers = count(1)
    notes = re.sub("<li>", lambda _: f'<li id="note-{next(numbers)}">', notes)
    notes = re.sub(r"\bR\d{4}-[\w.-]*\w", r'<a href="clause/\g<0>.html">\g<0></a>', notes)
    return cells + head + notes


Progress = Callable[[str, int, int], None]
"""Told the name of the stage, how much is done and how much there is."""


def pages(tell: Progress = lambda *_: None) -> Iterator[tuple[str, str]]:
    """The name of each file below the site's folder, with its text."""
    tell("finding the attacks", 0, 2)
    templates = Environment(
        loader=PackageLoader("rfc5077.properties.site"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip

    def page(name: str, template: str, root: str = "", **values: object) -> tuple[str, str]:
        return name, templates.get_template(f"{template}.j2").render(root=root, version=__version__, **values)

    necessity = kept()
    clauses = [clause_as_json(clause) for clause in CATALOGUE]
    attacks = attack_ladders()
    tell("drawing", 1, 2)
    known = {clause.id for clause in CATALOGUE}
    figures = {name: ladders.figure(name) for name in FIGURES}
    diagrams = {name: make() for name, make in DIAGRAMS.items()}
    carried = {fall.theorem for row in necessity for fall in row.falls}
    columns = [theorem.id for theorem in EVERY if theorem.id in carried]

    yield page("index.html", "index.html", clauses=clauses, theorems=EVERY, attacks=attacks)
    yield page("style.css", "style.css")
    yield page("clauses.html", "clauses.html", clauses=clauses)
    for clause, entry in zip(CATALOGUE, clauses, strict=True):
        yield page(f"clause/{clause.id}.html", "clause.html", "../", c=entry, page=clause_page(clause))
    yield page("figures.html", "figures.html", figures=figures)
    for name, one in figures.items():
        yield page(f"figure-{name}.svg", "ladder.svg", d=one, lane=ladders.LANE)
    yield page("states.html", "states.html", diagrams=diagrams)
    for name, drawing in diagrams.items():
        yield page(f"{name}.svg", "diagram.svg", d=drawing, width=diagram.WIDTH, height=diagram.HEIGHT,
                   line_height=diagram.LINE)  # fmt: skip
    yield page("theorems.html", "theorems.html", theorems=EVERY, needs=_needs(necessity), enough=minimal(),
               pages=known)  # fmt: skip
    yield page("necessity.html", "necessity.html", necessity=necessity, columns=columns, pages=known)
    yield page("consistency.html", "consistency.html", permitted=list(_permitted()), disputes=DISPUTES)
    yield page("attacks.html", "attacks.html", attacks=attacks)
    yield page("interoperation.html", "interoperation.html", text=_interoperation())
