"""Danger to the own life: heard in many words, not heard where it is plainly denied."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import danger


@pytest.mark.parametrize(
    "text",
    [
        "Ich kann nicht mehr, ich will nicht mehr leben.",
        "Ich kann nicht mehr ich will nicht mehr leben",
        "Ich kann nicht mehr und bringe mich um.",
        "Ich bekomme kein Geld und bringe mich um",
        "Ohne Geld nehme ich mir das Leben",
        "Es geht nicht mehr ich bring mich um",
        "ich habe kein Geld mehr Suizid ist der einzige Weg",
        "Ich überlege, mir das Leben zu nehmen",
        "Ich weiß nicht, ob ich mir etwas antue.",
        "Dann bringe ich mich eben um.",
        "Manchmal denke ich an Selbstmord",
        "Wenn das Geld nicht kommt, nehme ich mir das Leben!",
        "ich möchte nur noch sterben",
        "Es hat alles keinen Sinn mehr.",
        "Mein Leben hat so keinen Sinn mehr. Das Leben macht keinen Sinn mehr.",
        "Ich werde mich\nauf dem Dachboden erhängen.",
        "Ich springe von der Brücke.",
        "SUIZIDGEDANKEN",
        "Suizidgedanken habe ich keine Kraft mehr zu verbergen",
        "Ich sehe keinen Ausweg mehr",
        "Kein Geld, keine Wohnung. Ich will sterben.",
        "Ich kann so nicht weiter leben",
        "Am liebsten wäre ich tot.",
        "Es wäre besser, ich wäre einfach tot",
        "Ich möchte morgens einfach nicht mehr aufwachen.",
        "Dann mache ich eben Schluss mit dem Leben",
        "Ich werde dem Ganzen ein Ende setzen.",
        "Ich bin lebensmüde, und Sie schicken mir Formulare",
        "I don't want to live anymore",
        "Sometimes I want to kill myself",
        "İntihar etmeyi düşünüyorum",
        "Nie chcę już żyć",
        "Я больше не хочу жить",
        "Я не хочу більше жити",
        "أفكر في الانتحار",
    ],
)
def test_words_of_danger_raise_the_alarm(text: str) -> None:
    assert danger.alert_of(text) == danger.SELF_HARM
    assert danger.found(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Guten Tag, ich bin bis Freitag krankgeschrieben.",
        "Ich habe keine Suizidgedanken, mir geht es nur körperlich schlecht.",
        "Ich bin nicht suizidgefährdet.",
        "Ich habe keine akuten Suizidgedanken",
        "Ich denke nicht mehr an Suizid",
        "keine Gedanken an Selbstmord",
        "Ich habe nicht vor mich umzubringen",
        "Ich bin ja nicht lebensmüde",
        "Ich habe nicht vor, mir das Leben zu nehmen, bitte keine Sorge.",
        "Suizid ist für mich nicht gemeint gewesen",
        "Fortbildung Suizidprävention am 3. Mai",
        "Der Amokalarm in der Berufsschule fiel in die Prüfung.",
        "Der Kurs hat keinen Sinn mehr für mich, ich breche ihn ab.",
        "Das Formular bringt mich zum Verzweifeln.",
        "Wir müssen uns umstellen und von Hartz leben.",
        "Mein Mann ist verstorben.",
        "Ich möchte mit dem Kurs Schluss machen und ein neues Leben anfangen.",
        "Das Arbeitsverhältnis findet am 31.3. ein Ende.",
        "Ich bin todmüde von der Nachtschicht.",
        "Lieber totes Kapital als gar keins, sagt mein Berater",
        "Die Frist setzt meinem Antrag ein Ende",
    ],
)
def test_what_is_denied_or_means_something_else_raises_none(text: str) -> None:
    assert danger.found(text) == ()


def test_a_denial_ends_with_its_sentence() -> None:
    assert danger.found("Ich habe keine Arbeit. Selbstmord ist der Ausweg.") == ("selbstmord",)


def test_each_word_is_told_once_and_in_order() -> None:
    words = danger.found("Suizid? Ich will nicht mehr leben. Suizid!")
    assert words[0] == "suizid"
    assert len(words) == len(set(words)) == 2


def test_a_long_text_is_looked_through_quickly() -> None:
    """No pattern may run away: 200,000 characters of the words that begin many of them."""
    assert danger.found("mich will nicht mein leben " * 8_000) == ()


def _ways() -> list[str]:
    """The alternatives of the great pattern, each by itself."""
    inner = danger._WORDS.pattern.removeprefix(r"\b(?:").removesuffix(")")
    ways, depth = [""], 0
    for sign in inner:
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and not depth:
            ways.append("")
        else:
            ways[-1] += sign
    return ways


@pytest.mark.parametrize("way", _ways())
@settings(max_examples=20)
@given(data=st.data(), before=st.sampled_from(("", "Guten Tag, ", "(")))
def test_no_way_is_passed_over_for_want_of_a_sign(
    way: str, data: st.DataObject, before: str
) -> None:
    said = data.draw(st.from_regex(re.compile(way, re.ASCII), fullmatch=True))
    text = f"{before}{said} usw."
    found = danger.found(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(danger, "_may_alarm", lambda _stretch: True)
        assert found == danger.found(text)


def test_most_mails_are_not_searched_for_ways() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(danger, "_WORDS", None)
        assert danger.found("Guten Tag, anbei meine Krankmeldung. Ende März bin ich da.") == ()


def test_a_word_without_end_is_heard_and_not_remembered() -> None:
    danger._known.cache_clear()
    assert danger.found("x" * 100_000 + "-Suizid.") == ("suizid",)
    assert danger._known.cache_info().currsize == 0
