"""The names of the alphabets; who only wants to ask for one need not load the model."""

from enum import StrEnum


class Alphabet(StrEnum):
    """What is said to a target."""

    CORE = "core"  # what moves the control flow
    FULL = "full"  # every message right and wrong, early and late; every kind of hello; alerts and the end
