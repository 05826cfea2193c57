"""What is noticed about a sender: names and domains that pretend, answers that go elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import look_alike
from rules.authentication import Claim, Method, Outcome, Stamp
from rules.sender_hints import Hint, Origin, Trust, look, trusting

HOUSE = ("arbeitsagentur.de", "ba.example")
TRUST = Trust(frozenset({"mx"}), HOUSE)
NOTHING = Origin()


def hints(sender: str, name: str = "", origin: Origin = NOTHING) -> set[Hint]:
    return set(look(sender, name, origin, TRUST).hints)


def told(**results: str) -> Origin:
    claims = tuple(Claim(Method(method), result) for method, result in results.items())
    return Origin(stamps=(Stamp("mx", 0, claims),))


@pytest.mark.parametrize(
    "domain",
    [
        "arbeitsagentur.de.evil.example",
        "arbeitsagentur-service.example",
        "service-arbeits-agentur.example",
        "arbeitsagentur.com",
        "arbeitsagenturde.example",
        "arbeitsaqentur.de",
        "arbietsagentur.de",
        "arbeitsagentur1.de",
        "arbe1tsagentur.de",
        "arbeit5agentur.de",
        "arbeitsagentvr.example",
        "аrbeitsagentur.de",
        "xn--rbeitsagentur-v1k.de",
        "ärbeitsagentur.de",
        "arbeits\u00adagentur.de",
    ],
)
def test_a_domain_that_could_be_taken_for_ours_is_noticed(domain: str) -> None:
    assert look_alike.looks_like(domain, HOUSE)
    assert Hint.LOOKS_LIKE_THE_HOUSE in hints(f"a@{domain}")


def test_a_name_of_the_house_with_a_hyphen_is_found_in_others_too() -> None:
    house = ("kunden-portal.example",)
    assert look_alike.looks_like("kunden-portal-login.example", house)
    assert look_alike.looks_like("mein-kundenportal-login.example", house)
    assert not look_alike.looks_like("portal.kunden-portal.example", house)


@pytest.mark.parametrize(
    "domain",
    [
        "arbeitsagentur.de",
        "mail.arbeitsagentur.de",
        "gmx.de",
        "t-online.example",
        "arbeit.example",
        "agentur.example",
        "zeitarbeit-agentur.example",
        "abba.example",  # a short name of the house is not searched for
        "jobcenter-ge.de",
        "xn--",
        "xn--\u00e4",
        "",
        ".",
    ],
)
def test_the_house_itself_and_strange_domains_are_no_look_alikes(domain: str) -> None:
    assert not look_alike.looks_like(domain, HOUSE)


@pytest.mark.parametrize(
    "name",
    [
        "Bundesagentur für Arbeit",
        "Agentur fuer Arbeit Kassel",
        "AGENTUR FÜR  ARBEIT",
        "Agentur fur Arbeit",
        "Bundesаgentur für Arbeit",
        "Bundes\u200bagentur für Arbeit",
        "Ｂｕｎｄｅｓagentur",
        "Arbeitsamt Hanau",
        "Familienkasse Hessen",
        "Eingangszone Marburg",
    ],
)
def test_a_name_of_the_house_on_a_strange_address_is_noticed(name: str) -> None:
    assert hints("wer@post.example", name) == {Hint.NAMES_THE_HOUSE}
    assert hints("wer@arbeitsagentur.de", name) == set()
    assert hints("wer@kassel.arbeitsagentur.de", name) == set()


@pytest.mark.parametrize(
    "name", ["Alex Muster", "Jobcenter Kassel", "Agentur Müller", "", "Familienkassenwart"]
)
def test_a_name_that_is_not_of_the_house_gives_no_hint(name: str) -> None:
    assert hints("wer@post.example", name) == set()


@pytest.mark.parametrize(
    ("name", "noticed"),
    [
        ("chef@arbeitsagentur.de", True),
        ("Chef (chef@bank.example)", True),
        ("chef＠bank.example", True),
        ("WER@post.example", False),
        ("wer@post.example.", False),
        ("@home", False),
        ("a @ b", False),
    ],
)
def test_another_address_in_the_name_is_noticed(name: str, noticed: bool) -> None:
    assert (Hint.OTHER_ADDRESS_IN_NAME in hints("wer@post.example", name)) is noticed


def test_an_answer_wished_elsewhere_is_noticed_but_for_forms_of_the_house() -> None:
    elsewhere = Origin(replies_to=("wer@post.example", "fang@evil.example"))
    seen = look("wer@post.example", "", elsewhere, TRUST)
    assert (seen.hints, seen.replies_to) == ((Hint.REPLY_ELSEWHERE,), ("fang@evil.example",))
    assert hints("portal@arbeitsagentur.de", "", elsewhere) == set()
    assert hints("wer@post.example", "", Origin(replies_to=("wer@post.example",))) == set()


def test_several_senders_are_noticed() -> None:
    assert hints("a@x.example", "", Origin(("a@x.example", "b@x.example"))) == {
        Hint.SEVERAL_SENDERS
    }
    assert hints("a@x.example", "", Origin(("a@x.example", "a@x.example"))) == set()


@pytest.mark.parametrize(
    ("sender", "results", "noticed"),
    [
        ("a@arbeitsagentur.de", {"dmarc": "fail", "spf": "pass"}, {Hint.INSIDE_UNPROVEN}),
        ("a@arbeitsagentur.de", {"dmarc": "none", "spf": "fail"}, {Hint.INSIDE_UNPROVEN}),
        ("a@arbeitsagentur.de", {"dmarc": "pass"}, set()),
        ("a@arbeitsagentur.de", {"spf": "pass"}, set()),
        ("a@arbeitsagentur.de", {}, set()),
        ("a@post.example", {"dmarc": "fail", "dkim": "pass"}, {Hint.CHECK_FAILED}),
        ("a@post.example", {"dmarc": "pass", "spf": "fail"}, set()),
        ("a@post.example", {"spf": "fail", "dkim": "pass"}, set()),
        ("a@post.example", {"spf": "fail"}, {Hint.CHECK_FAILED}),
        ("a@post.example", {"spf": "softfail"}, set()),
        ("a@post.example", {"dmarc": "none", "spf": "none", "dkim": "none"}, set()),
    ],
)
def test_a_failed_check_is_noticed_and_dmarc_decides(
    sender: str, results: dict[str, str], noticed: set[Hint]
) -> None:
    assert hints(sender, "", told(**results)) == noticed


def test_outside_is_all_that_is_not_ours() -> None:
    assert not look("a@Kassel.arbeitsagentur.de".lower(), "", NOTHING, TRUST).is_outside
    assert look("a@notarbeitsagentur.de", "", NOTHING, TRUST).is_outside
    assert look("nobody", "", NOTHING, TRUST).is_outside
    assert look("a@x.example", "", NOTHING, Trust()).checked.spf is Outcome.UNTOLD


def test_settings_are_brought_to_one_form() -> None:
    assert trusting([" MX.Haus.Example. "], ["@BA.Example."]) == Trust(
        frozenset({"mx.haus.example"}), ("ba.example",)
    )


@given(st.text(max_size=80), st.text(max_size=300))
def test_any_sender_and_name_are_looked_at(sender: str, name: str) -> None:
    look(sender, name, Origin((sender,), (name,)), TRUST)
    look(f"a@{name}", sender, NOTHING, TRUST)
