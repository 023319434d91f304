"""How fast captures are judged is measured beside tshark, on a capture that holds what its method says."""

import pytest

from rfc5077.properties.bench import capturing
from rfc5077.properties.capture.verdict import judge_capture


def test_without_tshark_the_figures_are_open_and_say_why(monkeypatch):
    monkeypatch.setattr(capturing.shutil, "which", lambda name: None)
    figures = capturing.judging()
    assert [(figure.name, figure.value, figure.met) for figure in figures] == [
        ("judge-pcap", None, None), ("judge-pcap-bare", None, None)
    ]  # fmt: skip
    assert {figure.reason for figure in figures} == {"the program tshark is not installed"}


@pytest.mark.parametrize("page", [0, 20_000])
def test_the_capture_conforms_and_half_of_its_connections_are_resumed(tmp_path, monkeypatch, page):
    monkeypatch.setattr(capturing, "CLIENTS", 2)
    monkeypatch.setattr(capturing, "CONNECTIONS", 4)
    count = capturing.capture(tmp_path / "it.pcap", page)
    verdict = judge_capture(tmp_path / "it.pcap")
    assert (verdict.verdict, len(verdict.connections), verdict.frames) == ("conformant", 8, count)
    assert (tmp_path / "it.pcap").stat().st_size > 8 * page


def test_a_command_that_fails_gives_no_figure():
    with pytest.raises(RuntimeError, match="ended with 1"):
        capturing.spent(["false"], bool)
