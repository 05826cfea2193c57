"""The scanner's client: what clamd says is understood, and what it doesn't say is never "clean"."""

import pytest

from ingest.clamd import Clamd
from rules.scan import Scan, ScanState, is_program, unscanned
from tests.servers.clamd import ClamdDouble

NEEDLE = b"EICAR-NOT-REALLY"
LARGE = b"x" * 200_000


def test_found_and_clean_are_told_apart_and_names_are_made_safe():
    with ClamdDouble(NEEDLE) as double:
        clamd = Clamd(double.where)
        assert clamd.answers()
        assert clamd.scan(LARGE + NEEDLE) == Scan(ScanState.INFECTED, "Test.bEicarb")
        assert clamd.scan(LARGE) == Scan(ScanState.CLEAN)
        assert clamd.scan(b"") == Scan(ScanState.CLEAN)
        assert double.seen == [len(LARGE + NEEDLE), len(LARGE), 0]


@pytest.mark.parametrize(
    ("mood", "code"), [("silent", "too_slow"), ("garbled", "no_answer"), ("hangs_up", "no_answer")]
)
def test_a_scanner_that_is_ill_says_nothing_in_bounded_time(mood, code):
    with ClamdDouble(NEEDLE, mood=mood) as double:
        found = Clamd(double.where, timeout_seconds=0.5).scan(NEEDLE)
    assert found.state is ScanState.UNSCANNED
    assert found.name in {code, "away"}


def test_what_is_too_large_is_not_scanned():
    with ClamdDouble(NEEDLE, limit_bytes=1000) as double:
        found = Clamd(double.where).scan(NEEDLE + LARGE)
        assert found.state is ScanState.UNSCANNED
        assert Clamd(double.where, limit_bytes=10).scan(NEEDLE) == unscanned("too_large")


def test_a_scanner_that_is_away_says_nothing(tmp_path):
    clamd = Clamd(str(tmp_path / "none.ctl"))
    assert clamd.scan(NEEDLE) == unscanned("away")
    assert not clamd.answers()


@pytest.mark.parametrize("name", ["Rechnung.pdf.exe", "Brief.DOCM", "a.lnk", "start.js", "x.iso"])
def test_programs_and_macros_are_known_by_their_last_ending(name):
    assert is_program(name)


@pytest.mark.parametrize("name", ["Rechnung.exe.pdf", "Foto.jpg", "exe", "Brief.docx", ""])
def test_papers_and_pictures_are_no_programs(name):
    assert not is_program(name)
