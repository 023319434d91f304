"""Where the command begins: Ctrl-C ends it in one line, even while Python still reads the program.

Nothing is imported before that is seen to, so this room knows no other.
"""

import os
import signal
from types import FrameType

LINE = b"rfc5077: interrupted\n"


def main() -> None:
    """The process's own command line, from its first moment on."""
    signal.signal(signal.SIGINT, _leave)
    from rfc5077.properties.cli.main import main as run

    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


def _leave(number: int, frame: FrameType | None) -> None:
    """Nothing has been done yet, so nothing is lost."""
    os.write(2, LINE)
    os._exit(130)
