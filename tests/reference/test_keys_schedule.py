"""reference/keys/schedule.py"""

import hashlib

from rfc5077.reference.keys.schedule import (
    CLIENT_FINISHED,
    Transcript,
    extended_master_secret,
    key_block,
    master_secret,
    prf,
    verify_data,
)


def test_prf_gives_the_published_vector():
    secret = bytes.fromhex("9bbe436ba940f017b17652849a71db35")
    seed = bytes.fromhex("a0ba9f936cda311827a6f796ffd5198c")
    expected = (
        "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a"
        "6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab"
        "4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66"
    )

    assert prf(secret, b"test label", seed, 100).hex() == expected


def test_prf_with_sha_384_gives_the_published_vector():
    secret = bytes.fromhex("b80b733d6ceefcdc71566ea48e5567df")
    seed = bytes.fromhex("cd665cf6a8447dd6ff8b27555edb7465")
    expected = (
        "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cd"
        "e9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd"
    )

    assert prf(secret, b"test label", seed, 148, "sha384")[:64].hex() == expected


def test_a_transcript_may_learn_its_hash_late():
    early, late = Transcript("sha384"), Transcript()
    early.add(b"one")
    late.add(b"one")
    late.use("sha384")
    for each in (early, late):
        each.add(b"two")

    assert late.digest() == early.digest() == hashlib.sha384(b"onetwo").digest()
    assert (late.hash_name, late.copy().digest()) == ("sha384", early.digest())


def test_verify_data_is_twelve_octets_of_the_prf():
    digest = hashlib.sha256(b"messages").digest()

    assert verify_data(bytes(48), CLIENT_FINISHED, digest) == prf(bytes(48), b"client finished" + digest, b"", 12)


def test_master_secrets_have_48_octets_and_depend_on_everything():
    classic = {master_secret(p, c, s) for p in (b"p", b"q") for c in (b"a", b"b") for s in (b"c", b"d")}
    extended = {extended_master_secret(p, h) for p in (b"p", b"q") for h in (b"a", b"b")}

    assert len(classic | extended) == 12
    assert {len(secret) for secret in classic | extended} == {48}


def test_key_block_is_cut_in_the_order_of_the_rfc():
    keys = key_block(bytes(48), b"c" * 32, b"s" * 32)
    block = prf(bytes(48), b"key expansion", b"s" * 32 + b"c" * 32, 40)

    assert keys.client.key + keys.server.key + keys.client.salt + keys.server.salt == block


def test_transcript_hashes_the_octets_it_was_given():
    transcript = Transcript()
    transcript.add(b"one")
    twin = transcript.copy()
    transcript.add(b"two")

    assert transcript.octets == b"onetwo"
    assert transcript.digest() == hashlib.sha256(b"onetwo").digest()
    assert twin.digest() == hashlib.sha256(b"one").digest()
