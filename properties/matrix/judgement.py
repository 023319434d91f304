"""What a scenario demands."""


class Broken(Exception):
    """A scenario went another way than it has to; says how."""


def demand(holds: bool, why: str) -> None:
    """Raises Broken if it does not hold."""
    if not holds:
        raise Broken(why)


def kinds(resumed: list[bool | None]) -> str:
    """Handshakes one after the other, in words."""
    words = {True: "resumed", False: "full", None: "failed"}
    return ", ".join(words[each] for each in resumed)
