"""The site: whole, linked, drawn from the model."""

import re
from html.parser import HTMLParser
from pathlib import PurePosixPath
from xml.etree import ElementTree

import pytest

from rfc5077.model.attacker.attacks import ATTACKS
from rfc5077.model.clauses import CATALOGUE
from rfc5077.model.event import CLIENT, SERVER
from rfc5077.model.flows import FIGURES, HANDSHAKE, walk
from rfc5077.model.proof.theorems import EVERY
from rfc5077.properties.cli.main import run
from rfc5077.properties.matrix.rows import STACKS
from rfc5077.properties.matrix.stack import ROLES
from rfc5077.properties.site import diagram, machines
from rfc5077.properties.site.diagram import Edge, Node, draw
from rfc5077.properties.site.pages import pages

SVG = "{http://www.w3.org/2000/svg}"


class Links(HTMLParser):
    """The places that a page points to, and the names that it gives to places of its own."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.to: list[str] = []
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.to += [value for key, value in attrs if key in ("href", "src")]
        self.names |= {value for key, value in attrs if key == "id"}


@pytest.fixture(scope="module")
def site() -> dict[str, str]:
    return dict(pages())


def test_every_link_leads_somewhere(site):
    found = {name: Links(text) for name, text in site.items() if name.endswith(".html")}
    for name, page in found.items():
        for link in page.to:
            path, _, place = link.partition("#")
            target = str(PurePosixPath(name).parent / path) if path else name
            target = re.sub(r"[^/]+/\.\./", "", target)
            assert target in site, (name, link)
            assert not place or place in found[target].names, (name, link)


def test_every_clause_theorem_and_attack_is_there(site):
    assert {f"clause/{clause.id}.html" for clause in CATALOGUE} == {n for n in site if n.startswith("clause/")}
    assert {theorem.id for theorem in EVERY} <= Links(site["theorems.html"]).names
    assert {attack.id for attack in ATTACKS} <= Links(site["attacks.html"]).names


def test_every_class_of_the_necessity_matrix_is_shown_with_its_reason(site):
    from rfc5077.properties.knowledge.necessity import kept

    assert kept()
    for row in kept():
        assert row.falls or row.why
        assert all(id in site["necessity.html"] for id in row.ids)


def test_the_table_of_interoperation_has_a_row_for_each_stack_in_each_role(site):
    page = site["interoperation.html"]
    for stack in STACKS:
        for role in ROLES:
            assert re.search(rf"<tr>\s*<td>{stack.name}</td>\s*<td>{role}</td>", page), (stack.name, role)


def test_every_cell_that_is_not_plainly_ok_leads_to_its_note_and_a_deviation_to_its_clause(site):
    page = site["interoperation.html"]
    table = page[page.index("<table>") : page.index("</table>")]
    other = [cell for cell in re.findall(r"<td>(.*?)</td>", table) if re.match("–|deviates|FAILED", cell)]
    assert other
    assert [cell for cell in other if '<a href="#note-' not in cell] == []
    for stack in STACKS:
        for known in stack.deviates.values():
            assert f'{known.clause}</a> (seen: ' in page
    assert all(name.startswith("note-") for name in Links(page).names)


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_shows_its_messages_in_order(site, figure):
    tree = ElementTree.fromstring(site[f"figure-{figure}.svg"])
    said = [text.text for text in tree.iter(f"{SVG}text") if text.get("class") == "name"]
    assert said == [row.message.name for row in walk(figure)]


@pytest.mark.parametrize("party", [CLIENT, SERVER])
def test_every_row_of_the_figures_is_an_arrow(party):
    drawing = machines.positions(party)
    arrows = {(arrow.edge.source, arrow.edge.target) for arrow in drawing.arrows}
    assert arrows == {(row.position.name, row.target.name) for row in HANDSHAKE}
    says = {arrow.edge.target for arrow in drawing.arrows if arrow.edge.kind == "says"}
    assert says == {row.target.name for row in HANDSHAKE if row.sender is party}


@pytest.mark.parametrize("name", machines.DIAGRAMS)
def test_no_two_states_overlap_and_all_are_on_the_page(site, name):
    drawing = machines.DIAGRAMS[name]()
    corners = [(one.x, one.y) for one in drawing.nodes]
    for number, (x, y) in enumerate(corners):
        assert 0 <= x <= drawing.width - diagram.WIDTH and 0 <= y <= drawing.height - diagram.HEIGHT
        assert all(abs(x - a) >= diagram.WIDTH or abs(y - b) >= diagram.HEIGHT for a, b in corners[:number])
    assert ElementTree.fromstring(site[f"{name}.svg"]).tag == f"{SVG}svg"


def test_what_leads_to_a_state_stands_below_the_states_before_it():
    nodes = [Node("a", "a"), Node("b", "b"), Node("c", "c")]
    drawing = draw("three", nodes, [Edge("a", "b", ("one", "two")), Edge("a", "c"), Edge("b", "c", ("three",))])
    place = {one.node.key: one for one in drawing.nodes}
    assert place["a"].y + diagram.HEIGHT < place["b"].y - 2 * diagram.LINE
    assert place["b"].y < place["c"].y
    assert place["c"].lines == ("b: three",)


def test_the_site_is_written_and_written_again(tmp_path, capsys):
    folder = tmp_path / "deep" / "site"
    assert run(["site", str(folder)]) == 0
    before = {path.relative_to(folder) for path in folder.rglob("*")}
    (folder / "index.html").write_text("old")
    assert run(["site", str(folder)]) == 0
    assert {path.relative_to(folder) for path in folder.rglob("*")} == before
    assert (folder / "index.html").read_text() != "old"
    assert [path.name for path in folder.parent.iterdir()] == ["site"]
    assert "index.html" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["precious.txt", "index.html", "manifest.json"])
def test_a_folder_of_somebody_elses_is_left_alone(tmp_path, capsys, name):
    (tmp_path / name).write_text("[]")
    assert run(["site", str(tmp_path)]) == 2
    assert f"it holds {name}, which is not ours" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_is_no_folder(tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    assert run(["site", str(tmp_path / "file")]) == 2
    assert run(["site", str(tmp_path / "file" / "below")]) == 2
    assert capsys.readouterr().err.count("\n") == 2
