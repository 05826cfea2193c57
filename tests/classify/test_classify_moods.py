from datetime import date

import pytest

from classify.announced import announced, hint
from classify.lexicon import hear
from classify.moods import Mood, cues, of_said
from classify.text import fold, sentences
from rules.codes import Concern
from rules.payment import RenteStage


@pytest.mark.parametrize(
    ("sentence", "mood"),
    [
        ("Ich bin umgezogen.", Mood.STATED),
        ("Muss ich einen Umzug melden?", Mood.ASKED),
        ("Vielleicht ziehe ich im Sommer um.", Mood.PLANNED),
        ("Ich bin nicht umgezogen.", Mood.DENIED),
        ("Die Mail von gestern bitte ignorieren.", Mood.WITHDRAWN),
    ],
)
def test_a_sentence_has_its_mood(sentence: str, mood: Mood) -> None:
    assert mood in of_said(hear(fold(sentence)))


def test_a_fact_dressed_as_a_question_is_both() -> None:
    moods = of_said(hear(fold("Mein Sohn wurde gestern geboren, bekomme ich jetzt mehr?")))
    assert moods >= {Mood.STATED, Mood.ASKED}


def test_a_concept_carries_the_mood_of_its_own_sentence_only(read) -> None:
    found = set(cues(read("Ich habe ein neues Konto. Vielleicht ziehe ich im Sommer um.")))
    assert {"konto!", "umzug~"} <= found
    assert not {"konto~", "umzug!"} & found


def test_sentences_are_not_cut_inside_dates() -> None:
    text = "Krank vom 3. bis 14.3. laut Dr. Maier.\n\n Kd.-Nr. 123A456789"
    assert sentences(text) == ("Krank vom 3. bis 14.3. laut Dr. Maier.", "Kd.-Nr. 123A456789")


def test_umlauts_and_their_spellings_are_one() -> None:
    assert fold("GRÖßE é ł") == fold("groesse e l")


def test_below_the_bound_nothing_counts_as_announced(read) -> None:
    assert not announced(read("Ich bin krank."), [Concern.AU], sure=0.49, bound=0.5)
    assert announced(read("Ich bin krank."), [Concern.AU], sure=0.5, bound=0.5)


def test_of_two_concerns_the_one_only_asked_about_is_left_out(read) -> None:
    text = "Ich bin seit gestern krank. Muss ich ein neues Konto melden?"
    found = announced(read(text), [Concern.AU, Concern.BANKVERBINDUNG], sure=0.9, bound=0.5)
    assert found == {Concern.AU}


def test_if_the_model_is_sure_one_concern_stays_announced(read) -> None:
    text = "Muss ich ein neues Konto melden?"
    codes = [Concern.TERMIN, Concern.BANKVERBINDUNG]
    found = announced(read(text), codes, sure=0.9, bound=0.5)
    assert found == {Concern.BANKVERBINDUNG}, "an appointment is no change that moves money"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Muss ich ein neues Konto melden?", Concern.BANKVERBINDUNG),
        ("Vielleicht ziehe ich im Sommer um.", Concern.ANSCHRIFT_NAME),
        ("Ich ziehe doch nicht um.", Concern.ANSCHRIFT_NAME),
        ("Wann kann ich in Rente gehen?", Concern.RENTE),
    ],
)
def test_what_no_sentence_states_is_announced_only_if_the_model_is_sure(read, text, code) -> None:
    """The bound of `yes` is the model's feeling for the whole mail. Own decision 0159."""
    assert not announced(read(text), [code], sure=0.5, bound=0.3)
    assert announced(read(text), [code], sure=0.7, bound=0.3) == {code}


def test_of_changes_in_no_known_words_all_stay_announced(read) -> None:
    both = {Concern.AU, Concern.BANKVERBINDUNG}
    assert announced(read("Guten Tag"), sorted(both), sure=0.9, bound=0.5) == both
    assert announced(read("Neues Konto anbei."), sorted(both), sure=0.9, bound=0.5) == both


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("Ich habe Rente beantragt.", RenteStage.APPLIED),
        ("Meine Rente ist bewilligt.", RenteStage.GRANTED),
        ("Der Rentenbescheid ist da.", RenteStage.GRANTED),
        ("Rente beantragt, der Bescheid ist noch nicht da.", RenteStage.APPLIED),
        ("Meine Rente ist noch nicht bewilligt.", RenteStage.UNKNOWN),
        ("Eine Frage zur Rente.", RenteStage.UNKNOWN),
    ],
)
def test_words_tell_whether_a_rente_is_applied_for_or_granted(text: str, stage: RenteStage) -> None:
    assert hint(hear(fold(text)), {}).rente is stage


def test_the_days_of_an_absence_count_both_ends() -> None:
    dates = {"absence_from": date(2025, 4, 1), "absence_to": date(2025, 4, 21)}
    assert hint(hear(fold("Urlaub")), dates).absence_days == 21
    for one, day in dates.items():
        assert hint(hear(fold("Urlaub")), {one: day}).absence_days is None


def test_a_trip_that_is_off_and_one_without_consent_are_told_apart() -> None:
    assert hint(hear(fold("Der Flug wurde storniert.")), {}).absence_withdrawn
    assert hint(
        hear(fold("Ich war vom 8. bis 21. weg und habe nicht gefragt.")), {}
    ).absence_unapproved
