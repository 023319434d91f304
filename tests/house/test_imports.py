"""Who may import whom: the contracts hold, notice a breach and know every room; each floor keeps to its libraries."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from house.readme import ROOT

THIRD_PARTY = {"model": {"z3", "cvc5"}, "reference": {"cryptography"}}
FLOORS = ("model", "reference", "properties")


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Run the import contracts of a checkout."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": ".types"},
        capture_output=True,
        text=True,
    )


def modules(floor: str) -> list[Path]:
    return [path for path in sorted((ROOT / floor).rglob("*.py")) if "__pycache__" not in path.parts]


def test_every_import_points_down():
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("model/planted.py", "import rfc5077.reference.alerts"),
        ("reference/planted.py", "import rfc5077.model.event"),
        ("reference/alerts.py", "import rfc5077.reference.connection"),
        ("model/logic.py", "import rfc5077.model.event"),
        ("properties/errors.py", "import rfc5077.properties.cli.main"),
    ],
)
def test_an_upward_import_is_noticed(tmp_path, module, line):
    for floor in (*FLOORS, ".types"):
        shutil.copytree(ROOT / floor, tmp_path / floor, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    result = lint(tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "BROKEN" in result.stdout


@pytest.mark.parametrize("floor", FLOORS)
def test_every_room_stands_in_its_contract(floor):
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    (contract,) = [c for c in contracts if c.get("containers") == [f"rfc5077.{floor}"]]
    named = [room.strip(" ()") for layer in contract["layers"] for room in layer.split("|")]
    files = [path.relative_to(ROOT / floor) for path in modules(floor) if path.name != "__init__.py"]
    rooms = [".".join(path.with_suffix("").parts) for path in files]
    homeless = [room for room in rooms if not any(room == n or room.startswith(f"{n}.") for n in named)]
    assert homeless == []
    assert len(named) == len(set(named))


@pytest.mark.parametrize("floor", sorted(THIRD_PARTY))
def test_a_ground_floor_imports_its_own_library_alone(floor):
    strangers = []
    for path in modules(floor):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            tops = {name.split(".")[0] for name in names} - {"rfc5077"} - set(sys.stdlib_module_names)
            strangers += [f"{path.relative_to(ROOT)}:{node.lineno} {top}" for top in sorted(tops - THIRD_PARTY[floor])]
    assert strangers == []
