from pathlib import Path

import pytest

from classify import channel, concerns, machine, reading
from classify.reading import Reading
from ingest.parse import parse
from rules.codes import Channel, Concern
from rules.mail import Form

FREE = dict.fromkeys(Channel, 0.1) | {Channel.FREIE_EMAIL: 0.9}
MAILS = Path(__file__).parents[1] / "mails"
ROBOT = dict.fromkeys(Channel, 0.01) | {Channel.FREIE_EMAIL: 0.1, Channel.MASCHINELL: 0.8}


def marks(reading: Reading) -> tuple[str, ...]:
    """All that a model hears of: in headers, in words."""
    return (*reading.marks, *machine.marks_of_words(reading.said))


@pytest.mark.parametrize(
    ("header", "value", "mark"),
    [
        ("auto-submitted", "auto-replied", "auto_submitted"),
        ("return-path", "<>", "null_sender"),
        ("content-type", "multipart/report; report-type=delivery-status", "report"),
        ("x-autoreply", "yes", "autoreply"),
        ("list-id", "<news.example>", "list"),
        ("precedence", "bulk", "bulk"),
    ],
)
def test_headers_of_machines_leave_a_mark(read, header: str, value: str, mark: str) -> None:
    assert mark in marks(read("Hallo", headers=((header, value),)))


@pytest.mark.parametrize("value", ["no", "No", "no (by hand)", "no; owner=a.example", ""])
def test_auto_submitted_no_is_a_persons_mail(read, value) -> None:
    assert marks(read("Hallo", headers=(("auto-submitted", value),))) == ()


@pytest.mark.parametrize(
    ("subject", "text", "mark"),
    [
        ("Undeliverable: Ihr Termin", "could not be delivered", "bounce_words"),
        ("Automatische Antwort", "Ich bin nicht im Büro", "absence_words"),
        ("Gelesen: Einladung", "", "receipt_words"),
        ("Newsletter 4/25", "abbestellen", "newsletter_words"),
    ],
)
def test_words_of_machines_leave_a_mark(read, subject: str, text: str, mark: str) -> None:
    assert mark in marks(read(text, subject=subject))


GENERATED = (("auto-submitted", "auto-generated"),)


def test_a_robots_address_is_a_mark(read) -> None:
    assert "robot_sender" in marks(read("x", sender="mailer-daemon@host.example"))


def test_a_form_that_was_read_decides_against_all_marks(read) -> None:
    form = Form("eservice", Channel.ESERVICE_AU, "Arbeitsunfähigkeit", (), "")
    form_mail = read("x", form=form, headers=(("auto-submitted", "auto-generated"),))
    assert channel.decide(form_mail, FREE) is Channel.ESERVICE_AU


def test_a_header_mark_decides_against_the_model(read) -> None:
    bounced = read("Ich bin krank", headers=(("return-path", "<>"),))
    assert channel.decide(bounced, FREE) is Channel.MASCHINELL


def test_a_doubtful_machine_sets_nobodys_mail_aside(read) -> None:
    machine_first = dict.fromkeys(Channel, 0.01) | {Channel.KONTAKTFORMULAR: 0.5}
    doubtful = machine_first | {Channel.MASCHINELL: 0.59}
    assert channel.decide(read("x"), doubtful) is Channel.KONTAKTFORMULAR
    assert (
        channel.decide(read("x"), machine_first | {Channel.MASCHINELL: 0.6}) is Channel.MASCHINELL
    )


@pytest.mark.parametrize(
    "text",
    [
        "Abwesenheitsnotiz: hiermit melde ich mich vom 1.4. bis 30.4. ab, ich bin in Tunis.",
        "Newsletter abbestellen: ich arbeite seit Februar wieder und brauche keine Angebote mehr.",
        "Automatische Antwort an Sie alle: bin weg bis 30.4., Kundennummer 435A118207",
        "Abwesenheitsnotiz für mein Arbeitslosengeld: bis 30.4. in Rom",
    ],
)
def test_who_speaks_as_a_customer_is_no_machine_unless_a_header_says_so_too(
    read, text: str
) -> None:
    assert channel.decide(read(text), ROBOT) is Channel.FREIE_EMAIL
    replied = read(text, headers=(("auto-submitted", "auto-replied"),))
    assert channel.decide(replied, ROBOT) is Channel.MASCHINELL


def test_a_programs_letter_that_names_a_customer_is_not_set_aside(read) -> None:
    letter = read("Zu 435A118207 liegt ein Dokument bereit.", headers=GENERATED)
    assert channel.decide(letter, ROBOT) is Channel.FREIE_EMAIL
    assert channel.decide(letter, FREE) is Channel.FREIE_EMAIL
    nobodys = read("Es liegt ein Dokument bereit.", headers=GENERATED)
    assert channel.decide(nobodys, ROBOT) is Channel.MASCHINELL


@pytest.mark.parametrize("text", ["Ohne Geld nehme ich mir das Leben.", "Selbstmord"])
def test_what_speaks_of_danger_to_life_is_no_machine_unless_one_answers(read, text: str) -> None:
    assert channel.decide(read(text), ROBOT) is Channel.FREIE_EMAIL
    for header in (GENERATED, (("list-id", "<gruppe.example>"),)):
        assert channel.decide(read(text, headers=header), FREE) is Channel.FREIE_EMAIL
    replied = read(text, headers=(("auto-submitted", "auto-replied"),))
    assert channel.decide(replied, ROBOT) is Channel.MASCHINELL


def test_a_machines_letter_that_is_not_set_aside_is_no_form_by_chance(read) -> None:
    machine = dict.fromkeys(Channel, 0.001) | {Channel.MASCHINELL: 0.99}
    by_chance = machine | {Channel.POSTFACHNACHRICHT: 0.008}
    assert channel.decide(read("x"), by_chance, money=0.6) is Channel.FREIE_EMAIL
    assert channel.decide(read("x", headers=GENERATED), by_chance, money=0.6) is Channel.FREIE_EMAIL


def test_a_machine_that_seems_to_move_money_is_left_to_a_person_unless_a_header_tells(read) -> None:
    machine = dict.fromkeys(Channel, 0.01) | {Channel.MASCHINELL: 0.9, Channel.FREIE_EMAIL: 0.09}
    assert channel.decide(read("x"), machine, money=0.6) is Channel.FREIE_EMAIL
    assert channel.decide(read("x"), machine, money=0.1) is Channel.MASCHINELL
    bounced = read("x", headers=(("auto-submitted", "auto-replied"),))
    assert channel.decide(bounced, machine, money=0.6) is Channel.MASCHINELL


def test_an_unread_form_with_a_robots_mark_is_not_set_aside(read) -> None:
    sure = FREE | {Channel.FREIE_EMAIL: 0.0, Channel.ESERVICE_VERAENDERUNG: 0.8}
    robot = read("Thema: Umzug", headers=(("auto-submitted", "auto-generated"),))
    assert channel.decide(robot, sure) is Channel.ESERVICE_VERAENDERUNG


@pytest.mark.parametrize(
    ("header", "value", "aside"),
    [
        ("auto-submitted", "auto-generated", False),
        ("list-unsubscribe", "<mailto:a@b.example>", False),
        ("auto-submitted", "auto-replied", True),
        ("auto-submitted", "Auto-Replied (vacation)", True),
        ("return-path", "<>", True),
        ("x-autoreply", "yes", True),
        ("content-type", "multipart/report; report-type=delivery-status", True),
    ],
)
def test_a_programs_letter_that_seems_to_move_money_is_not_set_aside_an_answer_is(
    read, header: str, value: str, aside: bool
) -> None:
    letter = read("Das Krankengeld endet am 30.11.", headers=((header, value),))
    came_by = channel.decide(letter, FREE, money=0.2)
    assert (came_by is Channel.MASCHINELL) is aside
    assert channel.decide(letter, FREE, money=0.19) is Channel.MASCHINELL
    assert (channel.decide(letter, ROBOT, money=0.9) is Channel.MASCHINELL) is aside


@pytest.mark.parametrize("headers", [(), GENERATED])
@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("Der Eintritt zum 1.4. wurde bestätigt. Automatisch erzeugt.", 0.019),
        ("Krank gemeldet, die Meldung wurde am 2.3. angelegt.", 0.019),
        ("Newsletter Mai: krank im Urlaub", 0.199),
        ("Abwesenheitsnotiz: Ich bin krank bis 12.3.", 0.199),
        ("Unzustellbar: Krankmeldung", 0.199),
    ],
)
def test_what_a_machine_writes_is_set_aside_only_if_it_moves_no_money_or_is_of_a_known_kind(
    read, headers, text: str, harmless: float
) -> None:
    letter = read(text, headers=headers)
    below = channel.decide(letter, ROBOT, money=harmless, bound=0.02)
    above = channel.decide(letter, ROBOT, money=harmless + 0.002, bound=0.02)
    assert below is Channel.MASCHINELL
    of_known_kind_by_its_header = bool(headers) and harmless > 0.1
    assert (above is Channel.MASCHINELL) is of_known_kind_by_its_header


def test_a_high_bound_sets_no_more_aside_than_before(read) -> None:
    assert channel.decide(read("x"), ROBOT, money=0.21, bound=1.0) is Channel.FREIE_EMAIL


def test_without_any_mark_the_model_decides(read) -> None:
    assert channel.decide(read("Hallo"), FREE) is Channel.FREIE_EMAIL


HALF = dict.fromkeys(Concern, 0.5)
LOW = dict.fromkeys(Concern, 0.01)


def test_machine_mail_has_no_concern() -> None:
    found = concerns.choose(LOW | {Concern.AU: 0.9}, HALF, channel=Channel.MASCHINELL)
    assert set(found) == {Concern.KEIN_ANLIEGEN}


def test_an_au_form_is_about_au_whatever_the_words() -> None:
    found = concerns.choose(LOW | {Concern.TERMIN: 0.9}, HALF, channel=Channel.ESERVICE_AU)
    assert set(found) == {Concern.AU, Concern.TERMIN}


def test_if_nothing_is_sure_the_likeliest_is_named() -> None:
    found = concerns.choose(LOW | {Concern.RENTE: 0.2}, HALF, channel=Channel.FREIE_EMAIL)
    assert found == {Concern.RENTE: 0.2}


@pytest.mark.parametrize(
    ("au", "nothing", "named"),
    [(0.9, 0.6, {Concern.AU}), (0.6, 0.9, {Concern.KEIN_ANLIEGEN})],
)
def test_no_concern_stands_beside_another(au: float, nothing: float, named: set[Concern]) -> None:
    sure = LOW | {Concern.AU: au, Concern.KEIN_ANLIEGEN: nothing}
    assert set(concerns.choose(sure, HALF, channel=Channel.FREIE_EMAIL)) == named


def standing(
    sure: float, *, moves: bool = False, announced: float = 0.0, place: float = 0.5
) -> concerns.Standing:
    return concerns.Standing(sure, moves, announced, 0.5, place)


def test_money_goes_first_then_deadlines_and_doubts_go_last() -> None:
    order = concerns.in_order(
        {
            Concern.BERATUNG: standing(0.9),
            Concern.TERMIN: standing(0.9),
            Concern.AU: standing(0.8, moves=True, announced=0.8),
            Concern.RENTE: standing(0.4),
        }
    )
    assert order == (Concern.AU, Concern.TERMIN, Concern.BERATUNG, Concern.RENTE)


def test_what_only_could_move_money_waits_behind_a_deadline() -> None:
    order = concerns.in_order(
        {Concern.NEBENEINKOMMEN: standing(0.9), Concern.ARBEITSLOS: standing(0.9)}
    )
    assert order == (Concern.ARBEITSLOS, Concern.NEBENEINKOMMEN)


def test_of_equals_the_mail_speaks_of_the_main_one_first() -> None:
    order = concerns.in_order(
        {
            Concern.BERATUNG: standing(0.9, place=0.7),
            Concern.BESCHEINIGUNG: standing(0.9, place=0.1),
        }
    )
    assert order == (Concern.BESCHEINIGUNG, Concern.BERATUNG)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("scan_of_a_copier", Channel.FREIE_EMAIL),
        ("scan_auto_submitted", Channel.FREIE_EMAIL),
        ("fax_gateway", Channel.FREIE_EMAIL),
        ("fax_auto_submitted", Channel.FREIE_EMAIL),
        ("fax_failed", Channel.MASCHINELL),
    ],
)
def test_pages_that_a_copier_or_a_fax_brings_are_seen_by_a_person(name: str, said: Channel) -> None:
    mail = parse((MAILS / f"{name}.eml").read_bytes())
    assert channel.decide(reading.of(mail), ROBOT) is said
