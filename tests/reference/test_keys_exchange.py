"""reference/keys/exchange.py"""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from pairs import seeded

from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.keys.exchange import make_share, schemes_of, sign, verify
from rfc5077.reference.keys.suites import SCHEME_KEYS, Authentication, Group, SignatureScheme


@pytest.mark.parametrize("group", Group)
def test_both_sides_agree_on_one_secret_as_long_as_the_field(group):
    ours, theirs = make_share(group, seeded(1)), make_share(group, seeded(2))

    assert ours.agree(theirs.public) == theirs.agree(ours.public)
    assert len(ours.agree(theirs.public)) == (48 if group is Group.SECP384R1 else 32)


@pytest.mark.parametrize("group", Group)
def test_equal_entropy_gives_equal_shares_and_other_entropy_others(group):
    assert make_share(group, seeded(1)).public == make_share(group, seeded(1)).public
    assert make_share(group, seeded(1)).public != make_share(group, seeded(2)).public


@pytest.mark.parametrize("group", Group)
@pytest.mark.parametrize(
    "public",
    [b"\x00", bytes(31), bytes(32), bytes(65), bytes(97), b"\x04" + bytes(64), b"\x04" + bytes(96), b"\x02" * 33],
)
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
    some = {own.kind: own.key for own in (ecdsa_credentials, rsa_credentials)}
    return {**some, Authentication.ED25519: ed25519.Ed25519PrivateKey.generate()}


@pytest.mark.parametrize("scheme", SignatureScheme)
def test_a_signature_verifies_over_its_own_data_only(scheme, keys):
    key = keys[SCHEME_KEYS[scheme]]
    signature = sign(key, scheme, b"data")

    verify(key.public_key(), scheme, signature, b"data")
    with pytest.raises(ProtocolError) as caught:
        verify(key.public_key(), scheme, signature, b"other")
    assert caught.value.alert is AlertDescription.DECRYPT_ERROR


@pytest.mark.parametrize("scheme", [scheme for scheme in SignatureScheme if "PSS" not in scheme.name])
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


def test_sha_1_is_no_hash_for_a_signature():
    assert {scheme >> 8 for scheme in SignatureScheme} == {4, 5, 6, 8}


@pytest.mark.parametrize("bits", [1024, 2048])
def test_an_rsa_key_signs_by_every_scheme_that_it_lists(bits):
    key = rsa.generate_private_key(65537, bits)
    listed = schemes_of(key)
    for scheme in listed:
        verify(key.public_key(), scheme, sign(key, scheme, b"data"), b"data")

    assert (SignatureScheme.RSA_PSS_RSAE_SHA512 in listed) is (bits == 2048)


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_a_curve_does_not_bind_the_hash(curve):
    key = ec.generate_private_key(curve)
    for scheme in (SignatureScheme.ECDSA_SHA256, SignatureScheme.ECDSA_SHA384):
        verify(key.public_key(), scheme, sign(key, scheme, b"data"), b"data")
