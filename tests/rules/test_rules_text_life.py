"""The life of a version, the linter, the word diff."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import sent_id
from rules.errors import Conflict, Refused
from rules.rulesets.finding import Level
from rules.texts import use as text_use
from rules.texts.diff import Mark, diff
from rules.texts.file import parse_text, with_version
from rules.texts.life import (
    Phase,
    TextState,
    TextStep,
    after,
    phase,
    reason_of,
    require_second,
)
from rules.texts.lint import is_readable, lint_text
from tests.rules.text_samples import BODY, typed

TODAY = date(2026, 11, 23)


def codes(text: str, text_id: str = "termin.neu") -> dict[str, int]:
    return {one.code: one.line for one in lint_text(text, text_id=text_id, today=TODAY)}


@given(st.lists(st.sampled_from(TextStep)))
def test_no_way_leads_from_approved_to_anything_but_retired(steps: list[TextStep]) -> None:
    state, was_approved = TextState.DRAFT, False
    for step in steps:
        try:
            state = after(state, step)
        except Conflict:
            continue
        was_approved = was_approved or state is TextState.APPROVED
        assert not was_approved or state in {TextState.APPROVED, TextState.RETIRED}
    if state is TextState.APPROVED:
        assert {TextStep.SUBMITTED, TextStep.APPROVED} <= set(steps)


LEADS_TO: dict[str, dict[str, str]] = {
    "draft": {"saved": "draft", "submitted": "review", "retired": "retired"},
    "review": {"withdrawn": "draft", "turned_down": "draft", "approved": "approved"},
    "approved": {"retired": "retired"},
    "retired": {},
}


@pytest.mark.parametrize("state", list(TextState))
@pytest.mark.parametrize("step", list(TextStep))
def test_a_version_is_approved_out_of_a_review_only_and_changed_as_a_draft_only(
    state: TextState, step: TextStep
) -> None:
    leads_to = LEADS_TO[state.value].get(step.value)
    if leads_to is not None:
        assert after(state, step).value == leads_to
        return
    with pytest.raises(Conflict) as refused:
        after(state, step)
    assert refused.value.code == "text.step"


def test_the_days_tell_what_an_approved_version_is() -> None:
    days = {"valid_from": date(2026, 12, 1), "valid_to": date(2026, 12, 31)}
    told = [
        phase(TextState.APPROVED, **days, day=date(2026, month, day))
        for month, day in ((11, 30), (12, 1), (12, 31))
    ]
    assert told == [Phase.PLANNED, Phase.IN_FORCE, Phase.IN_FORCE]
    assert phase(TextState.APPROVED, **days, day=date(2027, 1, 1)) is Phase.ENDED
    assert phase(TextState.RETIRED, **days, day=date(2026, 12, 1)) is Phase.RETIRED


def test_a_second_person_and_a_reason_are_asked_for() -> None:
    require_second(["a", "b"], "c")
    with pytest.raises(Refused):
        require_second(["a", "b"], "b")
    assert reason_of("  Ein guter Grund. ") == "Ein guter Grund."
    for bad in ("kurz", "x" * 501):
        with pytest.raises(Refused):
            reason_of(bad)


def test_a_good_text_has_no_finding() -> None:
    assert codes(typed()) == {}
    assert codes(typed(anliegen="alle"), "allgemein.neu") == {}


@pytest.mark.parametrize(
    ("changed", "code", "line"),
    [
        ({"kanal": "fax"}, "text.header", 4),
        ({"anliegen": "blumen"}, "text.header", 3),
        ({"gueltig_ab": "morgen"}, "text.header", 5),
        ({"offenbarend": "ja"}, "text.header", 10),
        ({"version": "eins"}, "text.header", 8),
        ({"farbe": "rot"}, "text.header", 12),
        ({"titel": ""}, "text.header", 0),
        ({"anliegen": "au"}, "text.path", 3),
        ({"betreff": "Ihre {krankheit}"}, "text.placeholder_unknown", 11),
        ({"betreff": "Ihre Krankmeldung"}, "disclosure.subject", 0),
        ({"quelle": "weiß nicht"}, "source.missing", 9),
        ({"gueltig_bis": "2026-11-22"}, "validity.past", 6),
        ({"gueltig_bis": "2036-11-22"}, "validity.long", 6),
    ],
)
def test_faults_of_the_head_stand_at_their_line(changed, code, line) -> None:
    assert codes(typed(**changed))[code] == line


def test_a_text_that_discloses_is_for_a_house_that_allows_it() -> None:
    body = BODY.replace("Wir melden", "Ihr Umzug ist angekommen. Wir melden")
    text = typed(offenbarend="nach abgleich", body=body)
    found = {
        allowed: {
            one.code: one.line
            for one in lint_text(text, text_id="termin.neu", today=TODAY, may_disclose=allowed)
        }
        for allowed in (True, False)
    }
    assert found == {True: {}, False: {"disclosure.not_allowed": 10}}
    assert "disclosure.possessive" in codes(typed(body=body))
    told = BODY.replace("Wir melden", "Sie sind krank. Wir melden")
    assert "disclosure.health" in codes(typed(offenbarend="nach abgleich", body=told))


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        ("Sie sind krank.", "disclosure.health", 15),
        ("Wir rufen dich an.", "style.du", 15),
        ("Wir rufen euch an.", "style.du", 15),
        ("Die Kund*innen warten.", "style.gender_sign", 15),
        ("Alle BeraterInnen warten.", "style.gender_sign", 15),
        ("Der Kunde wartet.", "style.gender", 15),
        ("Rufen Sie an, z. B. heute.", "style.abbreviation", 15),
        ("Leider geht es nicht.", "style.phrase", 15),
        ("Sehen Sie unter www.beispiel.de nach.", "link.bare", 15),
        ("Hier: {link}.", "link.glued", 15),
        ("Zwei  Leerzeichen.", "form.blanks", 15),
        ("Ein Satz. " * 25, "form.paragraph", 15),
        ("Wort " * 17 + "Ende.", "style.sentence", 0),
        ("Verwaltungsverfahrensvorschriften gewährleisten Rechtssicherheit.", "style.grade", 0),
        ("{name}", "text.placeholder_unknown", 15),
        ("{", "text.placeholder_unknown", 15),
    ],
)
def test_faults_of_the_letter_stand_at_their_line(words, code, line) -> None:
    body = BODY.replace("Wir melden uns bald.", "").replace("vielen Dank", f"{words.strip()} Danke")
    assert codes(typed(body=body))[code] == line


def test_greeting_and_closing_are_asked_for_and_hints_are_no_errors() -> None:
    assert {"form.greeting", "form.closing"} <= codes(typed(body="Hallo {agentur}")).keys()
    long = lint_text(typed(gueltig_bis="2036-11-22"), text_id="termin.neu", today=TODAY)
    assert [one.level for one in long] == [Level.WARNING]
    assert is_readable(long)
    assert not is_readable(lint_text("Guten Tag", text_id="termin.neu", today=TODAY))


@given(st.text(max_size=400))
def test_whatever_is_typed_gets_findings_and_no_exception(text: str) -> None:
    assert lint_text(text, text_id="termin.neu", today=TODAY)
    assert lint_text(typed(body=text or "x"), text_id="termin.neu", today=TODAY) is not None


def test_the_house_counts_the_versions() -> None:
    for text in (typed(), typed(version=""), typed(version="99").replace("\n", "\r\n")):
        assert parse_text(with_version(text, 7).encode(), id="termin.neu").version == 7


@given(st.text(alphabet="ab \n", max_size=40), st.text(alphabet="ab \n", max_size=40))
def test_the_pieces_of_a_diff_make_both_texts(older: str, newer: str) -> None:
    pieces = diff(older, newer)
    assert "".join(one.text for one in pieces if one.mark is not Mark.NEW) == older
    assert "".join(one.text for one in pieces if one.mark is not Mark.GONE) == newer


def test_few_uses_are_not_told_and_none_are() -> None:
    assert [text_use.told(number) for number in (0, 1, 4, 5, 1204)] == [0, None, None, 5, 1204]


def test_our_message_ids_are_known_again_and_others_are_not() -> None:
    key = "reply-40-0123456789abcdef"
    made = sent_id.of(12, key)
    found = sent_id.read(f"<{made}>")
    assert found is not None
    assert (found.outgoing_id, sent_id.fits(found, key)) == (12, True)
    assert not sent_id.fits(found, "reply-40-ffffffffffffffff")
    assert sent_id.read("<reply-x.1@postlotse.invalid>") is None
    assert sent_id.read(f"<{made}.evil.example>") is None


def test_texts_that_say_the_same_over_and_over_are_compared_by_lines_or_as_a_whole() -> None:
    older, newer = "ja nein " * 2_000, "nein ja doch " * 2_000
    assert [piece.mark for piece in diff(older, newer)] == [Mark.GONE, Mark.NEW]
    lines = diff(f"eins\n{older}\nzwei\n", f"eins\n{newer}\nzwei\n")
    assert [piece.mark for piece in lines] == [Mark.SAME, Mark.GONE, Mark.NEW, Mark.SAME]
