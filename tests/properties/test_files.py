"""Files are written whole or not at all, and a file that cannot be read is refused in one line."""

import os
from pathlib import Path

import pytest

from rfc5077.properties.errors import UsageError
from rfc5077.properties.files import read_octets, read_text, write_all, write_whole


def test_a_file_is_written_and_nothing_is_left_beside_it(tmp_path):
    write_whole(tmp_path / "f", "text\n")
    assert (tmp_path / "f").read_text() == "text\n"
    assert os.listdir(tmp_path) == ["f"]


def test_a_private_file_is_for_its_owner_alone(tmp_path):
    write_whole(tmp_path / "f", "secret", private=True)
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600


def test_an_interrupted_write_leaves_the_old_contents(tmp_path, monkeypatch):
    (tmp_path / "f").write_text("old")

    def refuse(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(UsageError, match=r"cannot write .*f: No space left on device"):
        write_whole(tmp_path / "f", "new")
    assert (tmp_path / "f").read_text() == "old"
    assert os.listdir(tmp_path) == ["f"]


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        write_whole(tmp_path / "no" / "f", "text")


@pytest.mark.parametrize(("octets", "reason"), [(None, "No such file"), (b"\xff\xfe", "not text")])
def test_an_unreadable_file_is_said(tmp_path, octets, reason):
    if octets is not None:
        (tmp_path / "f").write_bytes(octets)
    with pytest.raises(UsageError, match=reason):
        read_text(tmp_path / "f")


def test_a_usage_error_is_one_line():
    assert str(UsageError("no clause\nX", "List them: rfc5077 clause")) == "no clause X. List them: rfc5077 clause"
    assert str(UsageError("no target x.")) == "no target x"
    assert str(UsageError("Did you mean y?.", "See: z")) == "Did you mean y? See: z"


def test_a_file_without_end_is_not_read_to_its_end():
    with pytest.raises(UsageError, match="larger than 16 MiB"):
        read_octets(Path("/dev/zero"))


def test_what_is_no_regular_file_is_not_written_over(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="no regular file"):
        write_whole(tmp_path / "pipe", "text")
    assert (tmp_path / "pipe").is_fifo()


def test_a_link_is_followed(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_of_several_files_all_are_written_or_none(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("old")
    second.mkdir()
    with pytest.raises(UsageError, match="second: it is no regular file"):
        write_all({first: "new", second: "new"})
    assert first.read_text() == "old"

    second.rmdir()
    write_all({first: "new", second: "new"})
    assert (first.read_text(), second.read_text()) == ("new", "new")
    assert sorted(os.listdir(tmp_path)) == ["first", "second"]
