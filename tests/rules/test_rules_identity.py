"""Who writes, and what must be compared before a text that discloses may go."""

import pytest

from rules.errors import Refused
from rules.identity import Check, Writer, needed, require_checked, writer_of


@pytest.mark.parametrize(
    ("text", "writer"),
    [
        ("Ich bin umgezogen, meine neue Anschrift steht unten.", Writer.SELF),
        ("Ich habe keine Vollmacht für so etwas gebraucht.", Writer.MESSENGER),
        ("Ich schreibe für meinen Mann, er ist krank.", Writer.MESSENGER),
        ("Im Auftrag meiner Mutter teile ich mit", Writer.MESSENGER),
        ("Meine Tochter kann nicht selbst schreiben.", Writer.MESSENGER),
        ("wegen meiner kranken Schwester", Writer.MESSENGER),
        ("Unsere Mandantin, Frau Muster, bittet um Auskunft.", Writer.MESSENGER),
        ("Mein Betreuter hat Ihren Bescheid nicht erhalten.", Writer.MESSENGER),
        ("Wir vertreten Frau Muster in dieser Sache.", Writer.MESSENGER),
        ("Ich betreue Herrn Muster seit dem Sommer.", Writer.MESSENGER),
        ("Ich betreue meine Kinder zu Hause.", Writer.SELF),
        ("Im Auftrag von Herrn Muster sende ich Ihnen", Writer.MESSENGER),
        ("Im Namen meines schwer kranken Vaters", Writer.MESSENGER),
        ("Im Auftrag meines Mannes", Writer.MESSENGER),
        ("Ich frage für eine gute Freundin nach dem Stand.", Writer.MESSENGER),
        ("Ich melde das für meine 92jährige Tante.", Writer.MESSENGER),
        ("Das Formular für meine Schwiegermutter", Writer.MESSENGER),
        ("Mein Onkel ist gestorben, ich war zur Beisetzung.", Writer.SELF),
        ("Eine Nachricht für Frau Muster in Ihrem Haus", Writer.SELF),
        ("Als gesetzlicher Betreuer melde ich", Writer.AUTHORISED),
        ("Anbei die Vollmacht meiner Mandantin", Writer.AUTHORISED),
        ("Rechtsanwältin Muster, namens und in Vollmacht", Writer.AUTHORISED),
        ("Ich wohne jetzt mit meiner Frau in Kassel.", Writer.SELF),
        ("", Writer.SELF),
    ],
)
def test_words_hint_at_who_writes(text: str, writer: Writer) -> None:
    assert writer_of(text) is writer


@pytest.mark.parametrize(
    ("writer", "checks"),
    [
        (Writer.SELF, {Check.ADDRESS}),
        (Writer.MESSENGER, {Check.ADDRESS, Check.AUTHORITY}),
        (Writer.AUTHORISED, {Check.ADDRESS, Check.AUTHORITY}),
    ],
)
def test_what_is_needed_hangs_on_the_writer(writer: Writer, checks: set[Check]) -> None:
    assert needed(writer) == checks
    require_checked(writer, checks)
    for one in checks:
        with pytest.raises(Refused) as refused:
            require_checked(writer, checks - {one})
        assert refused.value.code == "reply.identity_unchecked"
        assert refused.value.details["missing"] == (one.value,)
