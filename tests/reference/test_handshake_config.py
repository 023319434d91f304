"""reference/handshake/config.py"""

from dataclasses import replace

import pytest

from rfc5077.reference.handshake.config import LONGEST_LIST, ClientConfig
from rfc5077.reference.keys.suites import ALL_SUITES
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.ticket.store import MAX_TICKET, FinishedVerified, StoredTicket


@pytest.mark.parametrize(
    "change",
    [
        {"credentials": ()},
        {"issue": "always"},
        {"reissue": ""},
        {"renew": "yes"},
        {"session_id_when_issuing": "echo"},
        {"session_id_otherwise": "echo"},
        {"client_auth": "maybe"},
        {"client_auth": "require"},
        {"without_ems": "perhaps"},
        {"ticket_lifetime_seconds": -1},
        {"lifetime_hint": 2**32},
        {"suites": ()},
        {"suites": (0x1301,)},
        {"groups": (25,)},
        {"max_fragment": 0},
        {"max_fragment": 2**14 + 1},
    ],
)
def test_a_server_value_that_cannot_work_is_refused_by_field(change, server_config):
    (field,) = change
    field = "client_roots" if change.get("client_auth") == "require" else field

    with pytest.raises(ValueError, match=f"^{field}: "):
        replace(server_config, **change)


def test_roots_whose_names_no_request_for_a_certificate_has_room_for_are_refused(authority, server_config):
    roots = authority.anchors
    roots.names = (bytes(2**15),) * 2
    with pytest.raises(ValueError, match=r"^client_roots: the names of 2 do not fit"):
        replace(server_config, client_auth="request", client_roots=roots)


def test_the_longest_list_of_protocols_fits_beside_the_longest_ticket_and_all_that_is_asked_for(pair, clock):
    names = tuple(f"{number:03}" for number in range(LONGEST_LIST // 4))
    everything = {"max_fragment_length": 512, "record_size_limit": 64, "status_request": True, "suites": ALL_SUITES}
    ends = pair(client={"protocols": names, "server_name": ".".join(["a" * 60] * 4), **everything})
    key = ends.client_config.store_key
    session = Session(0x0303, 0xC02B, bytes(48), True, key.server_name, (), int(clock.now))
    stored = StoredTicket(key, bytes(MAX_TICKET), session, clock.now, clock.now + 60)
    ends.client_config.store.keep(stored, FinishedVerified(b""))

    assert ends.open().client.ticket_offered == stored.ticket
    with pytest.raises(ValueError, match=r"^protocols: "):
        replace(ends.client_config, protocols=(*names, "one more"))


def test_two_credentials_of_one_kind_are_refused(server_config):
    with pytest.raises(ValueError, match=r"^credentials: "):
        replace(server_config, credentials=server_config.credentials[:1] * 2)


@pytest.mark.parametrize(
    "change",
    [
        {"server_name": "not a name"},
        {"roots": None},
        {"session_id_with_ticket": "own"},
        {"session_id_without_ticket": "own"},
        {"longest_ticket_life": 0},
        {"suites": (1,)},
        {"groups": ()},
        {"max_fragment": 0},
    ],
)
def test_a_client_value_that_cannot_work_is_refused_by_field(change, client_config):
    (field,) = change

    with pytest.raises(ValueError, match=f"^{field}: "):
        replace(client_config, **change)


def test_clients_that_differ_in_whom_they_trust_or_as_whom_they_come_share_no_sessions(
    client_config, authority, client_credentials, ecdsa_credentials
):
    keys = {
        config.store_key
        for config in (
            client_config,
            replace(client_config, insecure=True),
            replace(client_config, credentials=client_credentials),
            replace(client_config, credentials=ecdsa_credentials),
            replace(client_config, peer="127.0.0.1:443"),
            replace(client_config, server_name="a.example"),
        )
    }

    assert len(keys) == 6


def test_a_name_in_capitals_is_the_same_server(authority):
    configs = [ClientConfig(name, roots=authority.anchors) for name in ("a.example", "A.EXAMPLE")]

    assert configs[0].store_key == configs[1].store_key
    assert [config.sni for config in configs] == ["a.example", "a.example"]


def test_an_address_is_not_sent_as_server_name(client_config):
    assert replace(client_config, server_name="127.0.0.1").sni is None


def test_one_protocol_that_is_no_tuple_is_refused_by_name():
    with pytest.raises(ValueError, match="not a tuple of names"):
        ClientConfig("localhost", insecure=True, protocols="h2")
