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
    ("writer", "discloses", "checks"),
    [
        (Writer.SELF, False, set()),
        (Writer.MESSENGER, False, set()),
        (Writer.SELF, True, {Check.ADDRESS}),
        (Writer.MESSENGER, True, {Check.ADDRESS, Check.AUTHORITY}),
        (Writer.AUTHORISED, True, {Check.ADDRESS, Check.AUTHORITY}),
    ],
)
def test_what_is_needed_hangs_on_text_and_writer(
    writer: Writer, discloses: bool, checks: set[Check]
) -> None:
    assert needed(writer, discloses=discloses) == checks
    require_checked(writer, checks, discloses=discloses)
    for one in checks:
        with pytest.raises(Refused) as refused:
            require_checked(writer, checks - {one}, discloses=discloses)
        assert refused.value.code == "reply.identity_unchecked"
        assert refused.value.details["missing"] == (one.value,)
