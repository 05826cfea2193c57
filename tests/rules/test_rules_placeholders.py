from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import Refused
from rules.texts.placeholders import WHITELIST, Value, gap, plain_values, printed, read_values


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("eingangstag", date(2026, 3, 1), "01.03.2026"),
        ("frist", date(2026, 12, 11), "11.12.2026"),
        (
            "termin",
            datetime(2026, 7, 1, 22, 30, tzinfo=UTC),
            "Donnerstag, 02.07.2026 um 00:30 Uhr",
        ),
        ("agentur", "Halle (Saale)", "Halle (Saale)"),
        ("agentur", "Schwäbisch Hall-Tauberbischofsheim", "Schwäbisch Hall-Tauberbischofsheim"),
        ("anschrift", "Am Mühlgraben 7a, 00999 Lindenfurt", "Am Mühlgraben 7a, 00999 Lindenfurt"),
        ("anschrift", "Postfach 1234, 00999 Lindenfurt", "Postfach 1234, 00999 Lindenfurt"),
        ("anschrift", "17474 Greifswald", "17474 Greifswald"),
        ("telefon", "0800 4 5555 00", "0800 4 5555 00"),
        ("telefon", "+49 800 4555500", "+49 800 4555500"),
        ("link", "https://konto.example:8443/start", "https://konto.example:8443/start"),
    ],
)
def test_a_value_is_printed_as_a_letter_shows_it(name: str, value: Value, expected: str) -> None:
    assert printed(name, value) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("eingangstag", "20.11.2026"),
        ("eingangstag", datetime(2026, 11, 20, tzinfo=UTC)),
        ("termin", date(2026, 11, 20)),
        ("termin", datetime(2026, 11, 20, 10, 0)),  # noqa: DTZ001 - the fault under test
        ("agentur", "123A456789"),
        ("agentur", "Kassel\r\nBcc: a@b.example"),
        ("agentur", "x" * 61),
        ("agentur", ""),
        ("agentur", date(2026, 11, 20)),
        ("anschrift", "irgendwo"),
        ("telefon", "0190"),
        ("telefon", "0800 12345 Durchwahl 7"),
        ("link", "http://konto.example/"),
        ("link", "https://konto.example/?q=DE37"),
        ("link", "https://konto.example/ mehr Text"),
        ("link", "javascript:alert(1)"),
    ],
)
def test_a_value_of_another_kind_is_refused(name: str, value: Value) -> None:
    with pytest.raises(Refused) as caught:
        printed(name, value)
    assert caught.value.code == "text.placeholder_type"


def test_a_name_outside_the_whitelist_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        gap("freitext")
    assert caught.value.code == "text.placeholder_unknown"


@pytest.mark.parametrize("name", WHITELIST)
def test_every_sample_fits_its_gap(name: str) -> None:
    assert printed(name, WHITELIST[name].sample)


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("frist", "2026-12-11", date(2026, 12, 11)),
        ("frist", " 11.12.2026 ", date(2026, 12, 11)),
        ("termin", "2026-12-02T10:30:00+00:00", datetime(2026, 12, 2, 10, 30, tzinfo=UTC)),
        ("termin", "2026-12-02T10:30", datetime(2026, 12, 2, 9, 30, tzinfo=UTC)),
        ("termin", "02.07.2026 10:30", datetime(2026, 7, 2, 8, 30, tzinfo=UTC)),
        ("agentur", "Kassel", "Kassel"),
    ],
)
def test_typed_words_become_values(name: str, raw: str, expected: Value) -> None:
    assert read_values({name: raw}) == {name: expected}


@pytest.mark.parametrize(
    ("name", "raw"), [("frist", "31.2.2026"), ("frist", "morgen"), ("termin", "10:30")]
)
def test_what_is_no_day_or_time_is_refused(name: str, raw: str) -> None:
    with pytest.raises(Refused) as caught:
        read_values({name: raw})
    assert caught.value.code == "text.placeholder_type"


def test_values_survive_the_way_through_json() -> None:
    samples = {name: one.sample for name, one in WHITELIST.items()}
    assert read_values(plain_values(samples)) == samples


@given(st.text(max_size=200))
def test_no_text_gap_takes_a_line_break_or_a_brace(value: str) -> None:
    for name in ("agentur", "anschrift", "telefon", "link"):
        try:
            line = printed(name, value)
        except Refused:
            continue
        assert line.isprintable()
        assert not set(line) & set('{}<>"@')
