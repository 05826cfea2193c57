from dataclasses import replace
from datetime import UTC, datetime

import pytest

from classify import concerns, explain, features, own_address, reading, review
from classify.explain import Reason
from classify.facts import facts, whereabouts
from classify.judge import CLOSE, Judge
from classify.measuring.evaluate import evaluate
from classify.measuring.report import render
from ingest.parse import parse
from rules.codes import Channel, Concern, PaymentRelevant
from rules.errors import Refused
from rules.mail import Form
from rules.verdict import Span

WEDNESDAY = datetime(2025, 3, 12, 11, tzinfo=UTC)
RECIPE = (
    "Zwiebelkuchen: Hefeteig kneten, Backofen vorheizen, Speckwuerfel anbraten, Kuemmel streuen, "
    "Ruehrschuessel spuelen, Quark, Mandelblaettchen, Rosinen, Puderzucker, Eischnee, Kuchengabel"
)


def test_unseen_writers_are_judged_well_enough(model, unseen, directory) -> None:
    report = evaluate(unseen, places=directory, seed=7, model=model)
    ours = report.systems[0]
    assert ours.first_among >= 0.85
    assert ours.micro_f1 >= 0.75
    assert ours.channel >= 0.95
    assert ours.payment_recall >= 0.95
    kundennummer = next(row for row in report.facts if row.name == "kundennummer")
    assert kundennummer.right == kundennummer.stated
    assert "## By code" in render(report)


def test_a_sick_note_is_judged_with_reasons_and_dates(ask, mail) -> None:
    said = ask(mail("Ich bin seit gestern krankgeschrieben bis 21.3.", subject="Krankmeldung"))
    (first, *_) = said.concerns
    assert (said.channel, first.code, first.announced) == (
        Channel.FREIE_EMAIL,
        Concern.AU,
        True,
    )
    assert said.payment_relevant is PaymentRelevant.YES
    assert said.payment_because == ("au: announced",)
    assert said.facts.dates["au_to"].isoformat() == "2025-03-21"
    assert "Krankmeldung" in first.because


def test_reasons_point_at_the_words_they_name(ask, mail) -> None:
    text = "Ich bin krankgeschrieben, die Krankmeldung hängt an."
    concerns = ask(mail(text, subject="Krank")).concerns
    assert {span.where for found in concerns for span in found.spans} == {"body", "subject"}
    for found in concerns:
        for span in found.spans:
            source = text if span.where == "body" else "Krank"
            assert source[span.start : span.end] in found.because


@pytest.mark.parametrize(
    ("text", "subject", "told"),
    [
        (
            "Guten Tag! Der Umzug war teuer.\nIch bin seit gestern krankgeschrieben. Gruß",
            "Krankmeldung",
            ["Ich bin seit gestern krankgeschrieben."],
        ),
        (
            "Bitte um Beachtung, vielen Dank und Gruß",
            "Krankmeldung bis 21.3.",
            ["Krankmeldung bis 21.3."],
        ),
        ("Wann ist mein Termin? Ich habe die Einladung verlegt.", "Termin", []),
    ],
)
def test_for_money_the_sentence_is_told(
    model, directory, mail, text: str, subject: str, told: list[str]
) -> None:
    eager = Judge(replace(model, payment_bound=0.0, payment_sure=0.0), directory)
    said = eager.judge(mail(text, subject=subject), received_at=WEDNESDAY, mailbox="")
    where = {"body": text, "subject": subject}
    assert [where[s.where][s.start : s.end] for s in said.payment_spans] == told


def test_the_place_of_a_reason_is_where_its_words_stand(ask, mail) -> None:
    text = (
        "Ich ziehe um in die Gartenstraße 5. " + "Das Wetter ist schön. " * 9 + "Neue IBAN folgt."
    )
    read = reading.of(mail(text, subject="Umzug"))
    late = text.index("Neue")
    assert Reason(("Neue",), (Span(late, late + 4),)).place(read) > 0.9
    assert Reason((), ()).place(read) == 0.5
    assert Reason(("Umzug",), (Span(0, 5, "subject"),)).place(read) == 0.0


def test_a_bounce_is_machine_mail_and_moves_no_money(ask, mail) -> None:
    said = ask(mail("krank", subject="Undeliverable", headers=(("return-path", "<>"),)))
    assert said.channel is Channel.MASCHINELL
    assert [found.code for found in said.concerns] == [Concern.KEIN_ANLIEGEN]
    assert said.payment_relevant is PaymentRelevant.NO


@pytest.mark.parametrize(
    ("text", "rest", "reason"),
    [
        ("", {}, "empty"),
        ("ok", {}, "short"),
        ("siehe Anhang", {"attachments": ("IMG_1.jpg",)}, "attachment_only"),
        ("Please tell me where the nearest office is because we just arrived", {}, "language"),
        ("Ja", {}, "short"),
        ("Guten Tag,\nich bin bis 21.3. krankgeschrieben.\nGruß\nP. Maier", {}, "one_line"),
        ("Gruß\n" * 1300, {}, "long"),
        (RECIPE, {}, "unlike"),
        ("Bonjour madame, je vous ecris pour mon dossier, merci beaucoup", {}, "language"),
        ("Ich kann nicht mehr, ich will nicht mehr leben.", {}, "danger"),
        ("Neue Bankverbindung DE12 7002 0270 3431 1327 13 ab sofort.", {}, "iban"),
    ],
)  # fmt: skip
def test_a_person_looks_where_the_machine_must_not_decide(
    ask, mail, text: str, rest: dict[str, object], reason: str
) -> None:
    said = ask(mail(text, **rest))
    assert said.review
    assert reason in said.review_because


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Please tell me where the nearest office is because we just arrived", "language"),
        (RECIPE, "unlike"),
    ],
)
def test_of_strange_text_nobody_says_by_himself_that_it_moves_no_money(
    model, directory, mail, text: str, reason: str
) -> None:
    """Not even where the model promises the most: its promise is on mail as in the corpus."""
    bold = Judge(replace(model, payment_bound=1.1, payment_sure=1.1), directory)
    asked = {"received_at": WEDNESDAY, "mailbox": ""}
    said = bold.judge(mail(text), **asked)
    assert reason in said.review_because
    assert (said.payment_relevant, said.payment_because) == (PaymentRelevant.OPEN, (CLOSE,))
    plain = bold.judge(mail("Wann ist mein Termin? Ich habe die Einladung verlegt."), **asked)
    assert plain.payment_relevant is PaymentRelevant.NO


def test_a_bounce_in_english_is_no_foreign_letter(ask, mail) -> None:
    text = "This is the mail system, sorry to inform you that your message was not delivered"
    said = ask(mail(text, subject="Undelivered", headers=(("return-path", "<>"),)))
    assert said.channel is Channel.MASCHINELL
    assert "language" not in said.review_because


def test_plain_german_of_unknown_writers_is_rarely_called_unlike(judge, unseen) -> None:
    said = [
        judge.judge(e.mail, received_at=e.line.received_at, mailbox="x@y.example") for e in unseen
    ]
    assert sum("unlike" in one.review_because for one in said) <= 0.04 * len(said)


@pytest.mark.parametrize("end", [b"\r\n", b" ", b"_"])
def test_five_megabytes_of_text_are_judged_on_their_beginning_and_said_so(judge, end) -> None:
    """In lines, as one line, and as one word: two megabytes are read each time."""
    more = b"Und sonst ist alles wie immer." + end
    text = b"Ich bin krankgeschrieben bis 21.3.\r\n" + more.replace(b" ", end[:1]) * 160_000
    mail = parse(b"From: a@b.example\r\nSubject: Krankmeldung\r\n\r\n" + text)
    said = judge.judge(mail, received_at=WEDNESDAY, mailbox="")
    assert "text.cut" in mail.defects
    assert len(mail.body.new) > 400_000
    assert "long" in said.review_because
    assert said.concerns[0].code is Concern.AU


def test_a_text_that_the_parser_cut_needs_a_person_however_little_is_new(ask, mail) -> None:
    text = "Ich bin seit gestern krankgeschrieben bis 21.3."
    assert "long" not in ask(mail(text, subject="Krankmeldung")).review_because
    cut = ask(mail(text, subject="Krankmeldung", defects=("text.cut",)))
    assert "long" in cut.review_because


def test_one_line_of_a_machine_or_in_a_form_is_no_reason_to_look(ask, mail) -> None:
    text = "Arbeitsunfähig von 3.3. bis 14.3. gemeldet"
    form = Form("eservice", Channel.ESERVICE_AU, "Arbeitsunfähigkeit", (), "")
    assert "one_line" in ask(mail(text)).review_because
    assert "one_line" not in ask(mail(text, form=form)).review_because
    bounce = ask(mail("Dies wurde nicht zugestellt", headers=(("return-path", "<>"),)))
    assert bounce.channel is Channel.MASCHINELL
    assert "one_line" not in bounce.review_because


def test_newsletter_words_are_no_reason_to_look(ask, mail) -> None:
    text = "Zwiebelkuchen backofen hefeteig kuemmel speckwuerfel ruehrschuessel vanillepudding"
    assert "unlike" in ask(mail(text)).review_because
    said = ask(mail(text, headers=(("auto-submitted", "auto-replied"),)))
    assert said.channel is Channel.MASCHINELL
    assert "unlike" not in said.review_because


def test_a_person_looks_if_the_first_concern_is_unsure(judge, unseen) -> None:
    said = [
        judge.judge(e.mail, received_at=e.line.received_at, mailbox="x@y.example") for e in unseen
    ]
    unsure = ["unsure" in one.review_because for one in said]
    assert unsure == [one.concerns[0].probability < review.UNSURE_BELOW for one in said]
    assert any(unsure)


def test_every_mail_gets_a_judgement(judge, unseen) -> None:
    said = judge.judge_many(
        [example.mail for example in unseen],
        received_at=[example.line.received_at for example in unseen],
        mailboxes=["Kassel@arbeitsagentur.de"] * len(unseen),
    )
    assert len(said) == len(unseen)
    assert all(one.concerns and one.model == judge.model_id for one in said)


def test_a_batch_is_judged_like_single_mails(judge, unseen) -> None:
    few = unseen[:10]
    batch = judge.judge_many(
        [example.mail for example in few],
        received_at=[example.line.received_at for example in few],
        mailboxes=["x@y.example"] * len(few),
    )
    single = tuple(
        judge.judge(e.mail, received_at=e.line.received_at, mailbox="x@y.example") for e in few
    )
    assert batch == single


def test_all_of_a_batch_go_through_one_stage_before_the_next(judge, unseen, monkeypatch) -> None:
    """What makes it fast: the code and memory of one stage stay in the caches."""
    stages = [
        *((reading, "of"), (features, "row_without_chains"), (concerns, "choose")),
        *((whereabouts, "find"), (facts, "read_facts"), (explain, "words_of"), (review, "reasons")),
    ]
    # One with an address may be asked again without it.
    few = [one for one in unseen if own_address.without_lines(reading.of(one.mail)) is None][:3]
    passed = []
    for module, name in stages:
        real = getattr(module, name)

        def noted(*args, _real=real, _name=name, **more):
            passed.append(_name)
            return _real(*args, **more)

        monkeypatch.setattr(module, name, noted)
    judge.judge_many(
        [example.mail for example in few],
        received_at=[example.line.received_at for example in few],
        mailboxes=[""] * len(few),
    )
    assert passed == [name for _, name in stages for _ in few]


def test_evaluation_needs_a_second_writer(unseen, directory) -> None:
    one = [example for example in unseen if example.line.writer == "f_people"]
    with pytest.raises(Refused) as refused:
        evaluate(one, places=directory, seed=7)
    assert refused.value.code == "evaluate.one_writer"


def test_a_judge_refuses_a_model_of_another_label_set(model, directory) -> None:
    with pytest.raises(Refused) as refused:
        Judge(replace(model, labels=("Sport", "Web")), directory)
    assert refused.value.code == "model.labels"
