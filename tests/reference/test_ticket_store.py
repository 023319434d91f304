"""reference/ticket/store.py"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfc5077.reference.ticket.session import Session
from rfc5077.reference.ticket.store import (
    LONGEST_LIFE,
    FinishedVerified,
    SessionCache,
    StoredTicket,
    StoreKey,
    TicketStore,
    end_of_life,
)

PROOF = FinishedVerified(bytes(12))
KEY = StoreKey("localhost")


def session(created=100):
    return Session(0x0303, 0xC02B, bytes(48), True, "localhost", (), created)


def stored(ticket=b"one", key=KEY, expires_at=200.0):
    return StoredTicket(key, ticket, session(), 100.0, expires_at)


def test_the_newest_ticket_takes_the_place_of_the_old_one():
    store = TicketStore()
    store.keep(stored(b"one"), PROOF)
    store.keep(stored(b"two"), PROOF)

    assert store.find(KEY, 100.0).ticket == b"two"
    assert len(store) == 1


def test_a_ticket_is_deleted_at_the_end_of_its_life():
    store = TicketStore()
    store.keep(stored(expires_at=200.0), PROOF)

    assert store.find(KEY, 199.9) is not None
    assert store.find(KEY, 200.0) is None
    assert len(store) == 0


@pytest.mark.parametrize("key", [StoreKey("other"), StoreKey("localhost", "peer"), StoreKey("localhost", "", b"trust")])
def test_a_ticket_is_found_for_its_own_server_only(key):
    store = TicketStore()
    store.keep(stored(), PROOF)

    assert store.find(key, 100.0) is None


def test_forgetting_leaves_a_ticket_that_came_meanwhile():
    store = TicketStore()
    store.keep(stored(b"two"), PROOF)

    store.forget(stored(b"one"))
    assert store.find(KEY, 100.0) is not None
    store.forget(stored(b"two"))
    assert store.find(KEY, 100.0) is None


def test_a_cleared_store_has_nothing_to_offer():
    store = TicketStore()
    store.keep(stored(), PROOF)
    store.clear()

    assert store.find(KEY, 100.0) is None
    assert len(store) == 0


def test_a_full_store_gives_up_what_was_unused_longest():
    store = TicketStore(capacity=2)
    for name in ("a", "b"):
        store.keep(stored(key=StoreKey(name)), PROOF)
    store.find(StoreKey("a"), 100.0)
    store.keep(stored(key=StoreKey("c")), PROOF)

    assert [store.find(StoreKey(name), 100.0) is not None for name in "abc"] == [True, False, True]


@given(st.integers(0, 2**32 - 1))
def test_the_hint_counts_from_receipt_up_to_the_longest_life(hint):
    end = end_of_life(1000.0, hint)

    assert end == 1000.0 + (hint if 0 < hint <= LONGEST_LIFE else LONGEST_LIFE)


def test_a_session_id_is_known_until_its_time_is_over_or_it_is_forgotten():
    cache = SessionCache(lifetime_seconds=10)
    cache.put(b"id", session(100))
    cache.put(b"other", session(100))

    assert cache.get(b"id", 109.9) is not None
    assert cache.get(b"id", 110.0) is None
    cache.forget(b"other")
    assert cache.get(b"other", 100.0) is None
    assert len(cache) == 0


def test_a_full_cache_gives_up_its_oldest_session():
    cache = SessionCache(capacity=1)
    cache.put(b"old", session())
    cache.put(b"new", session())

    assert (cache.get(b"old", 100.0), cache.get(b"new", 100.0)) == (None, session())


def test_an_empty_id_names_no_session():
    with pytest.raises(ValueError, match="session_id"):
        SessionCache().put(b"", session())


@pytest.mark.parametrize("make", [lambda: TicketStore(0), lambda: SessionCache(0), lambda: SessionCache(1, 0)])
def test_a_capacity_or_lifetime_of_nothing_is_refused(make):
    with pytest.raises(ValueError, match=": 0 is less than 1"):
        make()
