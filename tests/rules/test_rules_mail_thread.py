"""The ids that tie a mail to a conversation: few, bare, only as fingerprints."""

from dataclasses import replace

from rules.mail_thread import LINKS, link, links
from tests.api.item_samples import mail


def test_a_mail_is_tied_by_its_own_id_the_one_it_answers_and_those_before() -> None:
    told = links(
        mail(message_id="<c@x.example>", in_reply_to="<b@x.example>", references=("<a@x.example>",))
    )
    assert told == (link("<c@x.example>"), link("b@x.example"), link("<a@x.example>"))


def test_no_id_stands_there_itself() -> None:
    assert "x.example" not in "".join(links(mail(message_id="<c@x.example>")))


def test_of_a_thousand_the_root_and_the_last_are_kept() -> None:
    many = tuple(f"<{n}@x.example>" for n in range(1000))
    told = links(mail(message_id="<me@x.example>", in_reply_to="", references=many))
    assert len(told) == LINKS
    assert told[1] == link("0@x.example")
    assert told[2] == link("999@x.example")


def test_what_is_no_id_ties_to_nothing() -> None:
    nameless = replace(mail(), message_id="", in_reply_to="Ihre Mail", references=("<>", "x" * 500))
    assert links(nameless) == ()
