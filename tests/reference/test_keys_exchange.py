"""reference/keys/exchange.py"""

import pytest
from pairs import seeded

from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.keys.exchange import make_share, sign, verify
from rfc5077.reference.keys.suites import SCHEME_KEYS, Group, SignatureScheme


@pytest.mark.parametrize("group", Group)
def test_both_sides_agree_on_one_secret_of_32_octets(group):
    ours, theirs = make_share(group, seeded(1)), make_share(group, seeded(2))

    assert ours.agree(theirs.public) == theirs.agree(ours.public)
    assert len(ours.agree(theirs.public)) == 32


@pytest.mark.parametrize("group", Group)
def test_equal_entropy_gives_equal_shares_and_other_entropy_others(group):
    assert make_share(group, seeded(1)).public == make_share(group, seeded(1)).public
    assert make_share(group, seeded(1)).public != make_share(group, seeded(2)).public


@pytest.mark.parametrize("group", Group)
@pytest.mark.parametrize("public", [b"\x00", bytes(31), bytes(32), bytes(65), b"\x04" + bytes(64), b"\x02" + bytes(32)])
def test_what_is_no_point_is_an_illegal_parameter(group, public):
    with pytest.raises(ProtocolError) as caught:
        make_share(group, seeded(1)).agree(public)

    assert caught.value.alert is AlertDescription.ILLEGAL_PARAMETER


def test_a_compressed_point_is_refused_although_it_is_on_the_curve():
    public = make_share(Group.SECP256R1, seeded(2)).public
    compressed = bytes((2 + public[64] % 2,)) + public[1:33]

    with pytest.raises(ProtocolError):
        make_share(Group.SECP256R1, seeded(1)).agree(compressed)


@pytest.fixture
def keys(ecdsa_credentials, rsa_credentials):
    return {own.kind: own.key for own in (ecdsa_credentials, rsa_credentials)}


@pytest.mark.parametrize("scheme", SignatureScheme)
def test_a_signature_verifies_over_its_own_data_only(scheme, keys):
    key = keys[SCHEME_KEYS[scheme]]
    signature = sign(key, scheme, b"data")

    verify(key.public_key(), scheme, signature, b"data")
    with pytest.raises(ProtocolError) as caught:
        verify(key.public_key(), scheme, signature, b"other")
    assert caught.value.alert is AlertDescription.DECRYPT_ERROR


@pytest.mark.parametrize("scheme", [SignatureScheme.ECDSA_SHA256, SignatureScheme.RSA_PKCS1_SHA256])
def test_signatures_that_replay_are_the_same_twice(scheme, keys):
    key = keys[SCHEME_KEYS[scheme]]

    assert sign(key, scheme, b"data") == sign(key, scheme, b"data")


@pytest.mark.parametrize("scheme", [*SignatureScheme, 0x0201])
def test_a_scheme_for_another_kind_of_key_is_refused(scheme, keys):
    for kind, key in keys.items():
        if SCHEME_KEYS.get(scheme) is kind:
            continue
        with pytest.raises(ProtocolError) as caught:
            verify(key.public_key(), scheme, b"", b"data")
        assert caught.value.alert is AlertDescription.ILLEGAL_PARAMETER
        with pytest.raises(ValueError, match="scheme: "):
            sign(key, scheme, b"data")
