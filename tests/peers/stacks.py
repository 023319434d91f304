"""The foreign stacks, and which of them the tests of a role are run with. A stack is a module: its room."""

from types import ModuleType

import pytest

from rfc5077.properties.matrix import gnutls, nginx, openssl, python_ssl, tlslite_ng

FROM_PYPI = (python_ssl, tlslite_ng)
FROM_THE_SYSTEM = (openssl, nginx, gnutls)
STACKS = (*FROM_PYPI, *FROM_THE_SYSTEM)


def stacks(*modules: ModuleType) -> pytest.MarkDecorator:
    """Runs a test once with each stack; those whose programs the system's packages bring are marked `peer`."""
    marked = [
        pytest.param(module, id=module.NAME, marks=[pytest.mark.peer] if module in FROM_THE_SYSTEM else [])
        for module in modules
    ]
    return pytest.mark.parametrize("stack", marked)
