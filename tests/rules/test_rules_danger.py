"""Danger to the own life: heard in many words, not heard where it is plainly denied."""

import pytest

from rules import danger


@pytest.mark.parametrize(
    "text",
    [
        "Ich kann nicht mehr, ich will nicht mehr leben.",
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
