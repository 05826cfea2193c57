from dataclasses import replace
from datetime import UTC, datetime

import pytest

from api.web import recogniser_words
from classify import lexicon, machine
from classify.judge import Judge
from classify.recognised import of_cue
from rules.codes import Channel, Concern
from rules.mail import Form
from rules.verdict import ConcernFound

WEDNESDAY = datetime(2025, 3, 12, 11, tzinfo=UTC)


def fired(found: ConcernFound) -> dict[str, list[tuple[int, int, str]]]:
    return {
        one.name: [(span.start, span.end, span.where) for span in one.spans]
        for one in found.recognisers
    }


def test_what_was_heard_is_named_with_its_sentence(ask, mail) -> None:
    text = "Guten Tag! Seit gestern bin ich krankgeschrieben.\nDie AU hängt an. Gruß"
    said = ask(mail(text, subject="Krankmeldung", attachments=("AU_Bescheinigung.pdf",)))
    heard = fired(next(one for one in said.concerns if one.code is Concern.AU))
    start = text.index("Seit")
    assert {"text.krank", "text.au_schein"} & heard.keys()
    for name, spans in heard.items():
        if name.startswith("text."):
            assert spans == [(start, text.index("\n"), "body")]
        if name.startswith("subject."):
            assert spans == [(0, len("Krankmeldung"), "subject")]


def test_the_number_of_a_new_account_is_named_where_it_stands(ask, mail) -> None:
    text = "Guten Tag, meine neue Bankverbindung ist DE02 1203 0000 0000 2020 51, bitte ändern."
    said = ask(mail(text, subject="Neue Bankverbindung"))
    heard = fired(said.concerns[0])
    assert said.concerns[0].code is Concern.BANKVERBINDUNG
    if "fact.iban" in heard:
        ((start, end, _),) = heard["fact.iban"]
        assert text[start:end] == "DE02 1203 0000 0000 2020 51"
    assert any(name.startswith(("text.konto", "subject.konto")) for name in heard)


def test_a_header_that_settles_it_comes_first(ask, mail) -> None:
    said = ask(mail("krank", subject="Undeliverable", headers=(("return-path", "<>"),)))
    assert said.concerns[0].recognisers[0].name == "header.null_sender"


def test_an_au_form_is_named_by_its_layout(ask, mail) -> None:
    form = Form("eservice", Channel.ESERVICE_AU, "Arbeitsunfähigkeit", (), "")
    said = ask(mail("Thema: Arbeitsunfähigkeit\nvon 3.3. bis 14.3.", form=form))
    assert said.concerns[0].recognisers[0].name == "form.eservice"


def test_a_rente_that_is_granted_is_named(ask, mail) -> None:
    text = "Guten Tag, meine Altersrente ist bewilligt, der Rentenbescheid ist da."
    said = ask(mail(text, subject="Altersrente"))
    rente = next(one for one in said.concerns if one.code is Concern.RENTE)
    assert fired(rente)["payment.rente_granted"] == [(0, len(text), "body")]


def test_a_change_that_is_only_asked_about_says_so(model, directory, mail) -> None:
    """Where another change of the same mail holds, the model alone would announce both."""
    eager = Judge(
        replace(model, payment_bound=0.0, payment_sure=0.0, thresholds=(0.0,) * 23), directory
    )
    text = "Seit gestern bin ich krankgeschrieben. Wie melde ich eine neue IBAN?"
    said = eager.judge(mail(text), received_at=WEDNESDAY, mailbox="")
    konto = next(one for one in said.concerns if one.code is Concern.BANKVERBINDUNG)
    assert not konto.announced
    assert fired(konto)["moods.asked"] == [(text.index("Wie"), len(text), "body")]


@pytest.mark.parametrize(
    ("cue", "name"),
    [
        *(("krank", "text.krank"), ("krank!", "text.krank"), ("s:krank", "subject.krank")),
        *(("t:eservice_au", "form."), ("t:krank", "topic.krank"), ("f:iban", "fact.iban")),
        *(("m:null_sender", "header.null_sender"), ("m:bounce_words", "machine.bounce_words")),
        *(("mood:?", ""), ("f:short", ""), ("always", ""), ("a:any", "attachment.any")),
    ],
)
def test_each_cue_has_a_name_that_stays(cue: str, name: str) -> None:
    assert of_cue(cue) == name


def test_each_name_has_a_word_for_the_clerk(judge) -> None:
    cues = [*judge._scorer.cue_terms, *(f"m:{mark}" for mark in machine.SURE)]
    cues += [f"m:{mark}" for mark in lexicon.phrases("machine")]
    names = {name for cue in cues if (name := of_cue(cue))}
    assert recogniser_words.CONCEPTS.keys() == lexicon.CONCEPTS.keys()
    assert [name for name in names if not recogniser_words.said([{"name": name}])] == []
