"""The texts that ship with the house: each is approved as it stands, fills, and tells nothing."""

import shutil
import tomllib
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from rules.agencies import Agency, parse_agencies
from rules.codes import Channel, Concern
from rules.errors import Refused
from rules.texts.approved import Occasion, Text, compare, proposals, render
from rules.texts.language import Language, parts_of
from rules.texts.placeholders import WHITELIST, printed
from rules.texts.wording import lint
from rules.verdict import Facts
from store.approved.texts import APPROVALS, TextShelf, check, load

FOLDER = Path(str(files("templates_text")))
SHELF = load(FOLDER)
ALL = SHELF.all()
TEXTS = tuple(text for text in ALL if text.language is None)
SECONDS = tuple(text for text in ALL if text.language is not None)
AGENCIES = parse_agencies((files("domain") / "agencies.csv").read_text("utf-8"))
DAY = date(2026, 11, 25)
FILES = [one for one in sorted(FOLDER.glob("*/*.*")) if one.parent.name != "__pycache__"]
SAMPLES = {name: gap.sample for name, gap in WHITELIST.items()}

each_text = pytest.mark.parametrize("text", ALL, ids=[text.id for text in ALL])


def test_the_shelf_has_no_fault() -> None:
    assert check(FOLDER) == ()
    assert len(TEXTS) >= 44


@pytest.mark.parametrize("path", FILES[::13], ids=lambda path: path.stem)
def test_one_changed_comma_keeps_the_whole_shelf_shut(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "texts"
    shutil.copytree(FOLDER, copy)
    changed = copy / path.relative_to(FOLDER)
    before, after = changed.read_bytes().rsplit(b".", 1)
    changed.write_bytes(before + b"," + after)
    with pytest.raises(Refused) as caught:
        load(copy)
    assert caught.value.code == "text.not_approved"
    assert {finding.code for finding in check(copy)} >= {"text.changed"}


@each_text
def test_it_renders_with_sample_values_and_equals_itself(text: Text) -> None:
    rendered = render(text, {name: SAMPLES[name] for name in text.gaps})
    assert "{" not in rendered.subject + rendered.body
    if text.language is not Language.ENGLISH:
        assert rendered.subject == "Ihre Nachricht vom 20.11.2026"
    assert compare(rendered, rendered.body.replace("\n", "\r\n")) == ()


@each_text
def test_it_tells_a_stranger_nothing_and_reads_easily(text: Text) -> None:
    assert lint(text) == ()


@each_text
def test_it_says_who_writes_and_names_its_source(text: Text) -> None:
    assert "agentur" in text.gaps, text.id
    assert any(word in text.source for word in ("Weisung", "§", "EAO", "Hausregel"))


@pytest.mark.parametrize("agency", AGENCIES, ids=[agency.code for agency in AGENCIES])
def test_every_agency_fits_the_gaps_for_its_name_and_address(agency: Agency) -> None:
    assert printed("agentur", agency.name) == agency.name
    address = f"{agency.seat_plz} {agency.seat_place}"
    assert printed("anschrift", address).endswith(agency.seat_place)


def test_the_most_used_texts_have_a_second_one_in_each_language() -> None:
    for language in Language:
        assert len([text for text in SECONDS if text.language is language]) >= 10
    for second in SECONDS:
        first = SHELF.get(parts_of(second.id)[0], second.to_version)
        assert second in SHELF.seconds(first, DAY, "Südwest"), second.id
        assert not second.short_code, "a short code leads to the German text"


def test_programs_of_before_see_no_second_text() -> None:
    named = {one["id"] for one in tomllib.loads((FOLDER / APPROVALS).read_text("utf-8"))["text"]}
    assert named == {text.id for text in TEXTS}
    assert {path.suffix for path in FOLDER.glob("*/*.en.*")} == {".md"}
    assert not {text.id for text in SHELF.valid(DAY, "Südwest")} & {text.id for text in SECONDS}


def test_titles_and_short_codes_tell_texts_apart() -> None:
    assert len({text.short_code for text in TEXTS}) == len(TEXTS)
    assert all(text.short_code for text in TEXTS)
    titles = {(text.concerns, text.title) for text in TEXTS}
    assert len(titles) == len(TEXTS)


@pytest.mark.parametrize("concern", [c for c in Concern if c is not Concern.KEIN_ANLIEGEN])
def test_every_concern_has_an_answer_on_every_channel_that_gets_one(concern: Concern) -> None:
    for channel in (Channel.FREIE_EMAIL, Channel.KONTAKTFORMULAR, Channel.POSTFACHNACHRICHT):
        assert offered(SHELF, channel, concern)[0].startswith(f"{concern}.")


@pytest.mark.parametrize(
    ("channel", "concern", "expected"),
    [
        (
            Channel.ESERVICE_VERAENDERUNG,
            Concern.ORTSABWESENHEIT,
            ["ortsabwesenheit.eservice_ortsabwesenheit"],
        ),
        (
            Channel.ESERVICE_VERAENDERUNG,
            Concern.ANSCHRIFT_NAME,
            ["anschrift_name.eservice_umzug"],
        ),
        (Channel.ESERVICE_VERAENDERUNG, Concern.BANKVERBINDUNG, []),
        (Channel.ESERVICE_AU, Concern.AU, []),
        (Channel.MASCHINELL, Concern.KEIN_ANLIEGEN, []),
    ],
)
def test_eservice_changes_get_only_the_two_texts(
    channel: Channel, concern: Concern, expected: list[str]
) -> None:
    assert offered(SHELF, channel, concern) == expected


def test_a_missing_attachment_is_offered_first() -> None:
    facts = Facts(attachment_announced=True)
    found = offered(SHELF, Channel.FREIE_EMAIL, Concern.AU, facts=facts)
    assert found[0] == "allgemein.anlage_fehlt"


def test_each_occasion_has_a_text() -> None:
    assert {text.occasion for text in TEXTS} == set(Occasion)


def test_a_plain_mail_never_counts_as_registering_as_unemployed() -> None:
    for text in TEXTS:
        if Concern.ARBEITSLOS in text.concerns:
            assert "E-Mail reicht dafür nicht aus" in text.body or (
                "reicht eine E-Mail nicht aus" in text.body
            )


def offered(
    shelf: TextShelf, channel: Channel, concern: Concern, *, facts: Facts | None = None
) -> list[str]:
    found = proposals(
        shelf.valid(DAY, "Südwest"),
        channel=channel,
        concerns=(concern,),
        facts=facts or Facts(),
        day=DAY,
        region="Südwest",
    )
    return [text.id for text in found]
