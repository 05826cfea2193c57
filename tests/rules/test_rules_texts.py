import tomllib
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.codes import Channel, Concern
from rules.errors import HouseError, Refused, Unreadable
from rules.texts.approved import (
    Difference,
    Occasion,
    Rendered,
    Text,
    approval_line,
    compare,
    proposals,
    render,
    valid_on,
)
from rules.texts.file import parse_text
from rules.verdict import Facts

HEADER = {
    "titel": "Anlage fehlt",
    "kuerzel": "AF",
    "anliegen": "au, termin",
    "kanal": "freie_email",
    "gueltig_ab": "2026-01-01",
    "gueltig_bis": "2026-12-31",
    "region": "alle",
    "version": "4",
    "quelle": "Weisung 202404002 Nr. 3",
    "offenbarend": "nein",
    "betreff": "Ihre Nachricht vom {eingangstag}",
}
BODY = "Guten Tag,\n\nam {eingangstag} kam Ihre Nachricht.\n\nAgentur {agentur}\n"
DAY = date(2026, 11, 20)
VALUES = {"eingangstag": DAY, "agentur": "Kassel"}


def file_of(*, body: str = BODY, **header: str | None) -> bytes:
    fields = {key: value for key, value in (HEADER | header).items() if value is not None}
    return ("".join(f"{k}: {v}\n" for k, v in fields.items()) + "\n" + body).encode()


def text(**changes: object) -> Text:
    return replace(parse_text(file_of(), id="au.eingang"), **changes)  # type: ignore[arg-type]  # fields of Text


def test_a_file_becomes_a_text_with_all_its_header_says() -> None:
    assert parse_text(file_of(), id="au.eingang") == Text(
        id="au.eingang",
        version=4,
        title="Anlage fehlt",
        short_code="AF",
        concerns=(Concern.AU, Concern.TERMIN),
        channels=(Channel.FREIE_EMAIL,),
        regions=(),
        occasion=Occasion.NONE,
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 12, 31),
        source="Weisung 202404002 Nr. 3",
        subject="Ihre Nachricht vom {eingangstag}",
        body=BODY,
        gaps=("eingangstag", "agentur"),
    )


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (file_of(titel=None), "text.header"),
        (file_of(anliegen="kaffee"), "text.header"),
        (file_of(gueltig_ab="1.1.2026"), "text.header"),
        (file_of(gueltig_ab="2027-01-01"), "text.header"),
        (file_of(version="0"), "text.header"),
        (file_of(anlass="laune"), "text.header"),
        (file_of(betreff="x" * 79), "text.header"),
        (b"Titel: gro\xc3\x9f\n" + file_of(), "text.header"),
        (b"titel: doppelt\n" + file_of(), "text.header"),
        (file_of(offenbarend="ja"), "text.discloses"),
        (file_of(body=""), "text.body"),
        (file_of(body="Guten Tag"), "text.body"),
        (file_of(body="\nGuten Tag\n"), "text.body"),
        (file_of(body="{freitext}\n"), "text.placeholder_unknown"),
        (file_of(body="{agentur\n"), "text.placeholder_unknown"),
        (file_of(body="{ agentur }\n"), "text.placeholder_unknown"),
        (file_of(body="{{agentur}}\n"), "text.placeholder_unknown"),
        (file_of(body="un\u200bsichtbar\n"), "text.encoding"),
        (file_of(body="rückwärts\u202e\n"), "text.encoding"),
        (file_of().replace(b"\n", b"\r\n"), "text.encoding"),
        (file_of().replace("Grüße".encode(), b"") + b"\xff", "text.encoding"),
    ],
)
def test_a_file_that_is_not_in_the_form_is_not_read(data: bytes, code: str) -> None:
    with pytest.raises(HouseError) as caught:
        parse_text(data, id="au.eingang")
    assert caught.value.code == code


@given(st.binary(max_size=400))
def test_any_bytes_are_a_text_or_a_house_error(data: bytes) -> None:
    try:
        parse_text(data, id="au.eingang")
    except (Unreadable, Refused):
        return
    pytest.fail("random bytes made a text")


def test_rendering_fills_subject_and_body() -> None:
    assert render(text(), VALUES) == Rendered(
        "au.eingang",
        4,
        "Ihre Nachricht vom 20.11.2026",
        "Guten Tag,\n\nam 20.11.2026 kam Ihre Nachricht.\n\nAgentur Kassel\n",
    )


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"eingangstag": DAY}, "text.placeholder_missing"),
        (VALUES | {"telefon": "0800 1234567"}, "text.placeholder_extra"),
        (VALUES | {"agentur": "Kassel {link}"}, "text.placeholder_type"),
        (VALUES | {"agentur": "Kassel\nBcc: x@boese.example"}, "text.placeholder_type"),
        (VALUES | {"eingangstag": "gestern"}, "text.placeholder_type"),
    ],
)
def test_a_wrong_set_of_values_is_refused(values: dict[str, date | str], code: str) -> None:
    with pytest.raises(Refused) as caught:
        render(text(), values)
    assert caught.value.code == code


@given(st.text(max_size=80))
def test_no_value_brings_in_a_line_a_header_or_another_gap(value: str) -> None:
    try:
        rendered = render(text(subject="{agentur}"), VALUES | {"agentur": value})
    except Refused:
        return
    assert rendered.subject.isprintable()
    assert len(rendered.body.splitlines()) == len(BODY.splitlines())
    assert not set("{}:<>@") & set(value)
    assert not any(sign.isdecimal() for sign in value)


def draft(body: str) -> tuple[Difference, ...]:
    return compare(render(text(), VALUES), body)


def test_the_approved_text_itself_has_no_difference() -> None:
    rendered = render(text(), VALUES)
    assert compare(rendered, rendered.body) == ()


def test_other_line_breaks_are_no_difference() -> None:
    assert draft(" Guten  Tag,\r\n\r\nam 20.11.2026\r\nkam Ihre Nachricht. Agentur Kassel") == ()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "Guten Tag, am 20.11.2026 kam Ihre Krankmeldung. Agentur Kassel",
            Difference("body", 6, "Nachricht.", "Krankmeldung."),
        ),
        (
            "Guten Tag am 20.11.2026 kam Ihre Nachricht. Agentur Kassel",
            Difference("body", 1, "Tag,", "Tag"),
        ),
        (
            "Guten Tag, am 20.11.2026 kam Ihre Nachricht. Agentur Kassel PS: gute Besserung",
            Difference("body", 9, "", "PS: gute Besserung"),
        ),
        (
            "Guten Tag, am 20.11.2026 kam Ihre Nachricht.",
            Difference("body", 7, "Agentur Kassel", ""),
        ),
        (
            "Guten Tag, am 20.11.2026 kam Ihre Nach\u200bricht. Agentur Kassel",
            Difference("body", 6, "Nachricht.", "Nach\u200bricht."),
        ),
    ],
)
def test_one_changed_word_is_found_where_it_stands(body: str, expected: Difference) -> None:
    assert draft(body) == (expected,)


@given(st.integers(0, 8), st.text("abcdefghij", min_size=1))
def test_every_replaced_word_is_found(place: int, word: str) -> None:
    words = render(text(), VALUES).body.split()
    assert draft(" ".join([*words[:place], word, *words[place + 1 :]])) != ()


def test_a_draft_of_thousands_of_words_is_refused_not_compared() -> None:
    with pytest.raises(Refused) as caught:
        draft("Wort " * 2_001)
    assert caught.value.code == "reply.too_long"


@pytest.mark.parametrize(
    ("day", "region", "valid"),
    [
        (date(2025, 12, 31), "Nord", False),
        (date(2026, 1, 1), "Nord", True),
        (date(2026, 12, 31), "Nord", True),
        (date(2027, 1, 1), "Nord", False),
        (date(2026, 6, 1), "Südwest", False),
    ],
)
def test_a_text_is_valid_on_its_days_and_in_its_regions(
    day: date, region: str, valid: bool
) -> None:
    assert valid_on(text(regions=("Nord", "Ost")), day, region) is valid
    assert valid_on(text(), day, region) is (date(2026, 1, 1) <= day <= date(2026, 12, 31))


SHELF = (
    text(id="allgemein.anlage", concerns=(), occasion=Occasion.ATTACHMENT_MISSING),
    text(id="allgemein.gefahr", concerns=(), occasion=Occasion.DANGER),
    text(id="allgemein.weg", concerns=()),
    text(id="allgemein.zwischen", concerns=(), occasion=Occasion.INTERIM),
    text(id="au.eingang", concerns=(Concern.AU,)),
    text(id="au.eservice", concerns=(Concern.AU,), channels=(Channel.ESERVICE_AU,)),
    text(id="au.frueher", concerns=(Concern.AU,), valid_to=date(2026, 3, 1)),
    text(id="au.sueden", concerns=(Concern.AU,), regions=("Süd",)),
    text(id="termin.absage", concerns=(Concern.TERMIN,), channels=()),
)


def offered(*concerns: Concern, facts: Facts) -> list[str]:
    found = proposals(
        SHELF,
        channel=Channel.FREIE_EMAIL,
        concerns=concerns,
        facts=facts,
        day=DAY,
        region="Nord",
    )
    return [one.id for one in found]


NOTHING = Facts()
MISSING = Facts(attachment_announced=True, attachment_present=False)
PRESENT = Facts(attachment_announced=True, attachment_present=True)


@pytest.mark.parametrize(
    ("concerns", "facts", "expected"),
    [
        ((Concern.AU,), NOTHING, ["au.eingang", "allgemein.zwischen"]),
        ((Concern.AU,), PRESENT, ["au.eingang", "allgemein.zwischen"]),
        ((Concern.AU,), MISSING, ["allgemein.anlage", "au.eingang", "allgemein.zwischen"]),
        (
            (Concern.TERMIN, Concern.AU),
            NOTHING,
            ["termin.absage", "au.eingang", "allgemein.zwischen"],
        ),
        ((Concern.RENTE,), NOTHING, ["allgemein.zwischen"]),
    ],
)
def test_texts_are_offered_by_weight_with_the_missing_attachment_first(
    concerns: tuple[Concern, ...], facts: Facts, expected: list[str]
) -> None:
    assert offered(*concerns, facts=facts) == expected


def approve(**changes: str) -> str:
    asked = {"sha256": "0" * 64, "author": "Redaktion", "approved_by": "Fachaufsicht"} | changes
    return approval_line(text(), approved_on=DAY, **asked)


def test_an_approval_line_is_toml_with_everything_the_shelf_asks_for() -> None:
    assert tomllib.loads(approve()) == {
        "text": [
            {
                "id": "au.eingang",
                "version": 4,
                "sha256": "0" * 64,
                "author": "Redaktion",
                "approved_by": "Fachaufsicht",
                "approved_on": DAY,
            }
        ]
    }


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"author": "Fachaufsicht"}, "text.same_person"),
        ({"author": ""}, "text.approval_word"),
        ({"author": 'a"\nid = "b'}, "text.approval_word"),
        ({"approved_by": "a\\"}, "text.approval_word"),
    ],
)
def test_nobody_approves_alone_or_in_words_that_toml_misreads(
    changes: dict[str, str], code: str
) -> None:
    with pytest.raises(Refused) as caught:
        approve(**changes)
    assert caught.value.code == code
