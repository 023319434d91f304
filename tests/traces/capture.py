"""Captures foreign stacks talking to each other over loopback: `python tests/traces/capture.py [NAME…]`, as root.

Refreshes the captures beside this file; no test runs it.  Needs tcpdump, and what record.py needs.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

from record import HERE, SCENES, credentials

CAPTURED = {
    "openssl_resumes": "pcap", "openssl_other_key": "pcap", "go_renews": "pcap", "go_client": "pcap", "gnutls": "pcap",
    "openssl_tls_1_3": "pcap", "openssl_renegotiates": "pcap", "tlslite_server": "pcap", "jsse_server": "pcap",
    "jsse_client": "pcap",
}  # fmt: skip


@contextlib.contextmanager
def captured(name: str, port: int) -> Iterator[None]:
    """What passes at the port, in a file; all links at once, so that the file tells the link of each frame."""
    file = str(HERE / f"{name}.pcap")
    command = ["tcpdump", "-i", "lo", "-U", "-w", file, "--immediate-mode", "-Z", "root", f"tcp port {port}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while "listening" not in (process.stderr.readline() if process.stderr else ""):
            if process.poll() is not None:
                raise RuntimeError("tcpdump did not start")
        yield
        time.sleep(0.5)
        process.terminate()


def main() -> None:
    if shutil.which("tcpdump") is None:
        sys.exit("tcpdump is not installed")
    credentials()
    wanted = sys.argv[1:] or list(CAPTURED)
    for name, _, _, _, serving, calling in SCENES:
        if name in wanted and name in CAPTURED:
            with serving() as port, captured(name, port):
                calling(port)
                time.sleep(0.3)
            print(f"{name}: {(HERE / f'{name}.pcap').stat().st_size} octets")


if __name__ == "__main__":
    main()
