"""reference/ticket/key_ring.py"""

import pytest
from pairs import ticket_key

from rfc5077.reference.ticket.key_ring import KeyRing, open_any, seal_ticket
from rfc5077.reference.ticket.session import Session

SESSION = Session(0x0303, 0xC02B, bytes(48), True, None, (), 7)
OLD, NEW, NEWER = (ticket_key(seed) for seed in (1, 2, 3))


def test_the_first_key_seals_and_all_open():
    ring = KeyRing((NEW, OLD))

    assert seal_ticket(ring, SESSION, bytes(16))[:16] == NEW.name
    assert open_any(ring, seal_ticket(KeyRing((OLD,)), SESSION, bytes(16))) == SESSION


def test_rotation_seals_with_the_new_key_and_retires_the_oldest():
    ring = KeyRing((OLD,)).rotate(NEW).rotate(NEWER)

    assert ring.keys == (NEWER, NEW)
    assert open_any(ring, seal_ticket(KeyRing((OLD,)), SESSION, bytes(16))) is None


def test_an_empty_ring_neither_seals_nor_opens():
    assert seal_ticket(KeyRing(), SESSION, bytes(16)) is None
    assert open_any(KeyRing(), seal_ticket(KeyRing((OLD,)), SESSION, bytes(16))) is None


def test_a_state_that_does_not_fit_is_not_sealed():
    large = Session(0x0303, 0xC02B, bytes(48), True, None, (bytes(65_500),), 7)

    assert seal_ticket(KeyRing((OLD,)), large, bytes(16)) is None


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 65, 66, 82, 255])
def test_short_and_foreign_tickets_open_to_nothing(length):
    assert open_any(KeyRing((OLD,)), bytes(length)) is None
    assert open_any(KeyRing((OLD,)), (OLD.name + bytes(length))[:length]) is None


def test_two_keys_of_one_name_are_refused():
    with pytest.raises(ValueError, match="keys: 2 keys share 1 names"):
        KeyRing((OLD, OLD))
