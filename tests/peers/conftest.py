"""What the tests of foreign stacks share. The versions of the stacks at hand are told when the tests are collected."""

import pytest
from pairs import Authority
from peers.stacks import STACKS

from rfc5077.properties.matrix.papers import MANY_NAMES, Papers, write_papers


def pytest_report_collectionfinish(items) -> list[str]:
    """One line for each stack that a collected test talks to."""
    chosen = {item.callspec.params.get("stack") for item in items if hasattr(item, "callspec")}
    return [f"{stack.NAME}: {stack.version()}" for stack in STACKS if stack in chosen]


@pytest.fixture(scope="session")
def papers(tmp_path_factory, authority, ecdsa_credentials, rsa_credentials, client_credentials) -> Papers:
    return write_papers(
        tmp_path_factory.mktemp("papers"),
        authority.pem,
        Authority.make("Stranger").pem,
        ecdsa=ecdsa_credentials,
        rsa=rsa_credentials,
        client=client_credentials,
        large=authority.issue("client.example", *MANY_NAMES),
        impostor=Authority.make("Stranger").issue("client.example"),
    )
