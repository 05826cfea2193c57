"""Each code that a page can show has its German word."""

from datetime import date

import pytest

from api.errors import Problem
from api.web import failures, mail_words, refusals, render, words
from classify import review
from rules.codes import AgencyHow, Channel, Concern, PaymentRelevant
from rules.errors import Refused
from rules.item import CloseReason, ItemState


@pytest.mark.parametrize(
    ("codes", "table"),
    [
        (Concern, words.CONCERNS),
        (Channel, words.CHANNELS),
        (PaymentRelevant, words.PAYMENT),
        (ItemState, words.STATES),
        (AgencyHow, words.HOW),
        (CloseReason, words.CLOSE_REASONS),
    ],
)
def test_every_code_has_a_word_and_no_word_is_left_over(codes: type, table: dict[str, str]) -> None:
    assert set(table) == {code.value for code in codes}


@pytest.mark.parametrize(
    ("probability", "said", "boxes"),
    [
        (1.0, "sehr sicher", 4),
        (0.95, "sehr sicher", 4),
        (0.949, "sehr sicher", 4),
        (0.944, "sicher", 3),
        (0.8, "sicher", 3),
        (0.794, "unsicher, Sie entscheiden", 2),
        (0.6, "unsicher, Sie entscheiden", 2),
        (0.59, "nur ein Hinweis, Sie entscheiden", 1),
    ],
)
def test_the_word_fits_the_number_that_is_shown_beside_it(
    probability: float, said: str, boxes: int
) -> None:
    assert words.sure(probability) == said
    assert words.boxes(probability) == boxes


@pytest.mark.parametrize(
    ("code", "name", "person"),
    [
        ("mail.machine", "Maschinelle Mail", False),
        ("mail.too_large", "Zu groß", True),
        ("mail.mime_broken", "Nicht abrufbar", True),
        ("machine.bounce", "Unzustellbar", False),
        ("bug", "Fehlgeschlagen", True),
        ("store.away", "Fehlgeschlagen", True),
    ],
)
def test_what_may_hide_a_concern_needs_a_person(code: str, name: str, person: bool) -> None:
    assert words.aside_reason(code) == name
    assert words.needs_person(code) is person
    assert words.aside_why(code)


def test_a_refusal_is_told_in_german_whatever_its_code() -> None:
    known = Refused("item.reason_too_short", "A reason is needed")
    other = Refused("some.other", "English words")
    assert "Begründung" in refusals.refusal(known)
    assert "some.other" in refusals.refusal(other)
    assert "English" not in refusals.refusal(other)


@pytest.mark.parametrize(
    ("code", "details", "said"),
    [
        ("text.placeholder_missing", {"placeholders": ("termin",)}, "Es fehlt noch: Termin."),
        (
            "text.placeholder_type",
            {"placeholder": "termin", "kind": "date_time"},
            "02.12.2026 10:30",
        ),
        ("ruleset.day", {"day": date(2026, 12, 1)}, "Ab Di 01.12.2026 geht nicht"),
        ("rights.chain_incomplete", {"missing": ["435", "Hessen"]}, "Es fehlen noch: 435, Hessen."),
        ("access.denied", {"why": "wider_text"}, "zentrale Redaktion"),
    ],
)
def test_a_sentence_names_what_the_error_knows(
    code: str, details: dict[str, object], said: str
) -> None:
    assert said in refusals.refusal(Refused(code, "English words", **details))


def test_what_was_kept_as_a_code_only_has_a_sentence_without_details() -> None:
    assert refusals.of_code("text.retired")
    assert refusals.of_code("text.unknown") is None


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0"), (999, "999"), (1284, "1.284"), (1_000_000, "1.000.000")]
)
def test_figures_are_grouped_by_points(count: int, shown: str) -> None:
    assert render.number(count) == shown


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [(0, "0 kB"), (1, "1 kB"), (48_312, "48 kB"), (61_000_000, "61 MB")],
)
def test_something_never_weighs_nothing(size_bytes: int, shown: str) -> None:
    assert render.size(size_bytes) == shown


def test_each_reason_of_the_judge_has_a_sentence_for_the_clerk():
    assert set(review.REASONS) <= set(words.REVIEW)


def test_where_a_mail_lies_out_of_an_archive_is_not_said_of_outlook() -> None:
    assert mail_words.lying("SC-West", "", source="backfill").startswith("Altbestand von SC-West")
    assert "Ordner" in mail_words.lying("SC-West", "", source="postbox")
    assert "AU" in mail_words.lying("SC-West", "435 Kassel/AU", source="backfill")


def test_a_page_of_a_refusal_tells_what_is_and_then_the_remedy_once() -> None:
    details: dict[str, object] = {"text": "au.eingang", "version": 2}
    shown = failures.failure_of(Problem(409, "text.open_draft", "English words", details))
    assert shown.why == "Fassung 2 von „au.eingang“ ist noch in Arbeit."
    assert shown.now.startswith("Bringen Sie erst sie zu Ende")
    short = failures.failure_of(Problem(422, "sweep.nothing", "English words"))
    assert (short.why, short.now[:12]) == ("Heute darf nichts gelöscht werden.", "Gehen Sie zu")
