"""The wheel: everything lies under one name, so that nothing of ours shadows a folder of the user."""

import subprocess
import sys
import tomllib
import zipfile

from house.readme import ROOT


def build(tmp_path) -> list[str]:
    """The names in a wheel built from a copy of the tracked files, with the build backend as pip would fetch it."""
    source = tmp_path / "source"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(source)], check=True)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    return zipfile.ZipFile(wheel).namelist()


def test_the_wheel_holds_our_package_alone(tmp_path):
    names = build(tmp_path)
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"rfc5077"}
    tracked = subprocess.run(
        ["git", "ls-files", "model/*.py", "reference/*.py", "properties/*.py"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    moved = {f"rfc5077/{name.removeprefix('properties/package/') if 'package/' in name else name}" for name in tracked}
    committed = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {name for name in moved if name.removeprefix("rfc5077/") in committed} <= set(names)
    assert "rfc5077/py.typed" in names


def test_every_package_folder_is_listed():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    folders = {
        ".".join(("rfc5077", *path.parent.relative_to(ROOT).parts))
        for floor in ("model", "reference", "properties")
        for path in (ROOT / floor).rglob("__init__.py")
    }
    assert set(listed) == (folders - {"rfc5077.properties.package"}) | {"rfc5077"}
