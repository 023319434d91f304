"""Results kept by content: taken from the package first, then from the user's cache, and never in the way."""

import json

import pytest

from rfc5077.properties.knowledge.store import Store, cache_folder

DIGEST = "00ff00ff00ff00ff"


def file_of(folder):
    return folder / DIGEST[:2] / f"{DIGEST}.json"


def test_what_was_put_is_found_by_the_next_store(tmp_path):
    Store({}, tmp_path).put(DIGEST, {"depth": 3})
    later = Store({}, tmp_path)
    assert (later.get(DIGEST), later.taken) == ({"depth": 3}, {DIGEST})


def test_package_data_comes_first(tmp_path):
    Store({}, tmp_path).put(DIGEST, "stands")
    assert Store({DIGEST: "falls"}, tmp_path).get(DIGEST) == "falls"


def test_a_fresh_store_takes_nothing_and_replaces_what_is_there(tmp_path):
    Store({}, tmp_path).put(DIGEST, "old")
    store = Store({DIGEST: "packaged"}, tmp_path, fresh=True)
    assert store.get(DIGEST) is None
    store.put(DIGEST, "new")
    assert Store({}, tmp_path).get(DIGEST) == "new"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b"\xff\xfe", b'{"digest": "another", "result": 1}', b"[" * 100_000, b'{"result": 1}'],
    ids=["empty", "cut", "list", "octets", "another", "deep", "nameless"],
)
def test_a_damaged_file_counts_as_absent_and_is_written_anew(tmp_path, content):
    Store({}, tmp_path).put(DIGEST, "stands")
    file_of(tmp_path).write_bytes(content)
    store = Store({}, tmp_path)
    assert store.get(DIGEST) is None
    store.put(DIGEST, "stands")
    assert json.loads(file_of(tmp_path).read_text())["result"] == "stands"


def test_a_folder_that_cannot_be_made_is_told_in_one_line_and_does_not_stop_the_work(tmp_path):
    (tmp_path / "file").write_text("no folder")
    store = Store({}, tmp_path / "file" / "necessity")
    store.put(DIGEST, "stands")
    store.put("11" * 8, "stands")
    assert "cannot write" in store.trouble
    assert "\n" not in store.trouble
    assert store.get(DIGEST) is None


def test_no_half_file_is_left_behind(tmp_path):
    Store({}, tmp_path).put(DIGEST, "stands")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{DIGEST}.json"]


def test_the_cache_folder_is_where_the_user_wants_it(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder("necessity") == tmp_path / "rfc5077" / "necessity"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder("necessity") == tmp_path / ".cache" / "rfc5077" / "necessity"
