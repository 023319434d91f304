"""properties/cli/tickets.py and ticket_files.py, and the options of serve and connect that use them"""

import json
import os
import sqlite3
import stat
import threading

import pytest
from pairs import ticket_key

from rfc5077.properties.cli.main import run
from rfc5077.properties.cli.session_file import load_session, save_session
from rfc5077.properties.cli.ticket_files import read_ring
from rfc5077.reference.handshake.config import ServerConfig
from rfc5077.reference.io import Server, listen, new_self_signed
from rfc5077.reference.ticket.key_ring import seal_ticket
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.ticket.store import StoredTicket, StoreKey

SESSION = Session(0x0303, 0xC02B, bytes(range(48)), True, "example.org", (), 1_800_000_000)
SECRET = SESSION.master_secret.hex()


@pytest.fixture
def say(capsys):
    """Runs a command: exit code, its document if there is one, and stderr."""

    def run_it(*arguments: object):
        code = run([str(each) for each in arguments])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out.startswith("{") else out, err

    return run_it


@pytest.fixture
def key(say, tmp_path):
    assert say("ticket", "keygen", tmp_path / "key")[0] == 0
    return tmp_path / "key"


@pytest.fixture
def kept(tmp_path):
    path = tmp_path / "session"
    save_session(path, StoredTicket(StoreKey("example.org"), b"ticket of another", SESSION, 1.0, 2.0))
    return path


@pytest.mark.parametrize("length", [48, 80])
def test_keygen_writes_a_file_of_that_length_for_its_owner_alone(say, tmp_path, length):
    path = tmp_path / "new"
    code, told, err = say("ticket", "keygen", path, "--octets", length)

    assert (code, err, told["schema"]) == (0, "", "rfc5077/ticket/1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_bytes()) == length
    assert told["key_names"] == [path.read_bytes()[:16].hex()]


def test_keygen_leaves_an_old_file_alone(say, key):
    before = key.read_bytes()

    assert say("ticket", "keygen", key)[0] == 2
    assert key.read_bytes() == before


def test_what_is_sealed_is_opened_again(say, key, kept, tmp_path):
    _, sealed, _ = say("ticket", "seal", kept, "--keys", key, "--context", "0a0b")
    (tmp_path / "sealed.json").write_text(json.dumps(sealed))

    for name in (sealed["ticket"], tmp_path / "sealed.json"):
        code, opened, _ = say("ticket", "open", name, "--keys", key)
        assert code == 0
        assert opened["suite"] == "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
        assert (opened["server_name"], opened["context"]) == ("example.org", "0a0b")
        assert opened["extended_master_secret"] is True
        assert opened["created"] == SESSION.created


@pytest.mark.parametrize(("octets", "more"), [(64, []), (48, ["--aead"])])
def test_our_own_formats_are_sealed_opened_and_rotated(say, kept, tmp_path, octets, more):
    path = tmp_path / "own"
    assert say("ticket", "keygen", path, "--octets", octets)[0] == 0
    _, sealed, _ = say("ticket", "seal", kept, "--keys", path, *more)
    code, opened, _ = say("ticket", "open", sealed["ticket"], "--keys", path, *more)

    assert (code, opened["server_name"]) == (0, "example.org")
    assert "context" not in opened
    assert say("ticket", "rotate", path)[0] == 0
    assert len(path.read_bytes()) == octets
    assert say("ticket", "open", sealed["ticket"], "--keys", path, *more)[0] == 2
    assert say("ticket", "open", sealed["ticket"], "--keys", f"{path}.1", *more)[0] == 0


def test_haproxy_has_no_keys_of_section_4(say, tmp_path):
    assert say("ticket", "keygen", tmp_path / "lines", "--haproxy", "--octets", 64)[0] == 2


@pytest.mark.parametrize("more", [["--aead"], ["--context", "0a"]])
def test_serve_wants_keys_where_it_is_told_about_them(say, more):
    assert say("serve", "--port", 4433, *more)[0] == 2


@pytest.mark.parametrize("verb", ["open", "inspect"])
def test_secrets_are_shown_only_on_demand(say, key, kept, verb):
    _, sealed, _ = say("ticket", "seal", kept, "--keys", key)

    assert SECRET not in str(say("ticket", verb, sealed["ticket"], "--keys", key)[1])
    assert SECRET in str(say("ticket", verb, sealed["ticket"], "--keys", key, "--show-secrets")[1])


def test_inspect_tells_what_can_be_told_without_a_key(say, key, kept):
    _, sealed, _ = say("ticket", "seal", kept, "--keys", key)
    code, told, _ = say("ticket", "inspect", sealed["ticket"])

    assert code == 0
    assert (told["layout"], told["key_name"]) == ("as OpenSSL seals", sealed["key_name"])
    assert (told["key_known"], told["opened"]) == (False, False)
    assert "suite" not in told


def test_inspect_knows_the_layout_of_section_4(say):
    sealed = ticket_key(1).seal(SESSION, bytes(16))

    assert say("ticket", "inspect", sealed.hex())[1]["layout"] == "RFC 5077, section 4"


def test_rotation_seals_with_a_new_key_opens_under_n_old_ones_and_retires_the_rest(say, key):
    rings = []
    for _ in range(4):
        files = [key, *sorted(key.parent.glob("key.*"))]
        rings.append(read_ring(files))
        say("ticket", "rotate", key, "--retain", 2)
    last = read_ring([key, *sorted(key.parent.glob("key.*"))])

    opened = [key for ring in rings for key in last.keys if key.name == ring.keys[0].name]
    assert [each.name for each in opened] == [each.keys[0].name for each in rings[2:]]
    assert last.keys[0].name not in {ring.keys[0].name for ring in rings}
    assert seal_ticket(last, SESSION, bytes(16))[:16] == key.read_bytes()[:16]


def test_rotation_says_which_files_open_older_tickets(say, key):
    say("ticket", "rotate", key, "--retain", 2)
    _, _, told = say("ticket", "rotate", key, "--retain", 2)
    assert told.endswith(f"serve --ticket-keys {key} --ticket-keys {key}.1 --ticket-keys {key}.2\n")


def test_rotation_of_lines_seals_with_what_was_the_next_one_and_keeps_the_one_before(say, tmp_path):
    path = tmp_path / "lines"
    before = say("ticket", "keygen", path, "--haproxy")[1]["key_names"]
    after = say("ticket", "rotate", path)[1]["key_names"]

    assert after[0] == before[1]
    assert after[2] == before[0]
    assert len(path.read_text().splitlines()) == 3


def test_a_key_file_that_everybody_may_read_is_warned_about(say, key, kept):
    assert say("ticket", "seal", kept, "--keys", key)[2] == ""
    key.chmod(0o644)
    code, _, err = say("ticket", "seal", kept, "--keys", key)

    assert code == 0
    assert err.startswith("rfc5077: warning:")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("inspect", "00"), "are no ticket"),
        (("open", "00" * 176, "--keys", "{key}"), "the ticket is foreign"),
        (("open", "no ticket", "--keys", "{key}"), "cannot read no ticket"),
        (("open", "00" * 176, "--keys", "none"), "cannot read none"),
        (("open", "00" * 176, "--keys", "{short}"), "47 octets are neither"),
        (("seal", "{kept}", "--keys", "{key}", "--keys", "{key}"), "2 keys share 1 names"),
        (("seal", "{kept}", "--keys", "{key}", "--context", "xy"), "not in hexadecimal digits"),
        (("seal", "{kept}", "--keys", "{key}", "--context", "00" * 33), "--context has 33 octets, more than 32"),
        (("seal", "{kept}", "--keys", "{key}", "--save", "none/f"), "No such file"),
        (("keygen", "new", "--octets", "96"), "no length of a key"),
        (("rotate", "{short}"), "47 octets are neither"),
        (("rotate", "none"), "cannot read none"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(say, key, kept, tmp_path, arguments, words):
    short = tmp_path / "short"
    short.write_bytes(bytes(47))
    short.chmod(0o600)
    code, out, err = say("ticket", *(each.format(key=key, kept=kept, short=short) for each in arguments))

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err


def test_an_altered_ticket_is_said_to_be_altered(say, key, kept):
    _, sealed, _ = say("ticket", "seal", kept, "--keys", key)
    altered = sealed["ticket"][:-2] + ("00" if sealed["ticket"][-2:] != "00" else "01")

    code, _, err = say("ticket", "open", altered, "--keys", key)
    assert (code, "does not open the ticket" in err) == (2, True)


def test_connect_finds_its_session_in_the_store_of_an_earlier_run(say, key, tmp_path):
    config = ServerConfig((new_self_signed(),), read_ring([key]))
    server = Server(listen(), config)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        command = ("connect", f"localhost:{server.address[1]}", "--insecure", "--store", tmp_path / "store")
        assert [say(*command)[1].partition(" ")[0] for _ in range(2)] == ["full", "resumed"]
    finally:
        server.close()
        thread.join(10)


def test_what_seal_writes_is_offered_by_connect_and_resumed_by_a_server_with_the_key(say, tmp_path):
    old, new, session, sealed = (tmp_path / name for name in ("old", "new", "session", "sealed"))
    for file in (old, new):
        assert say("ticket", "keygen", file)[0] == 0
    with Server(listen(), ServerConfig((new_self_signed(),), read_ring([old]))) as server:
        connect = ("connect", f"localhost:{server.address[1]}", "--insecure")
        say(*connect, "--save", session)
        server.config = ServerConfig((new_self_signed(),), read_ring([new]))
        code, told, _ = say("ticket", "seal", session, "--keys", new, "--save", sealed)

        assert code == 0
        assert (stat.S_IMODE(sealed.stat().st_mode), load_session(sealed).ticket.hex()) == (0o600, told["ticket"])
        assert say(*connect, "--resume", session)[1].startswith("full handshake")
        assert say(*connect, "--resume", sealed)[1] == "resumed handshake, without a new ticket\n"


def test_a_sealed_ticket_alone_is_not_offered(say, key, kept, tmp_path):
    (tmp_path / "sealed").write_text(json.dumps(say("ticket", "seal", kept, "--keys", key)[1]))
    code, out, err = say("connect", "localhost:1", "--insecure", "--resume", tmp_path / "sealed")

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "a ticket without the secret of its session (ticket seal --save F writes both)" in err


def test_a_session_that_everybody_may_read_is_sealed_with_a_warning(say, key, kept):
    kept.chmod(0o644)
    code, _, err = say("ticket", "seal", kept, "--keys", key)

    assert (code, err.count("\n")) == (0, 1)
    assert err.startswith(f"rfc5077: warning: {kept} can be read by everybody (mode 0644)")


def test_a_store_that_cannot_be_used_is_one_line_and_exit_code_2(say, tmp_path):
    path = tmp_path / "store"
    path.write_bytes(os.urandom(5000))
    path.chmod(0o600)
    before = path.read_bytes()
    code, out, err = say("connect", "localhost:9", "--insecure", "--store", path)

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "no SQLite file" in err
    assert path.read_bytes() == before
    with sqlite3.connect(tmp_path / "other") as other:
        other.execute("CREATE TABLE bookmarks (page TEXT)")
    (tmp_path / "other").chmod(0o600)
    assert "no store of sessions" in say("connect", "localhost:9", "--insecure", "--store", tmp_path / "other")[2]
