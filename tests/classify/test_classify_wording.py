import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify import features, wording
from classify.text import fold


@pytest.mark.parametrize(
    ("folded", "kind"),
    [
        ("auf de12 7002 0270 3431 1327 13 ueberweisen", "qqib"),
        ("seit 3.4. krank", "qqda"),
        ("ab 3. april krank", "qqda"),
        ("538 euro", "qqgl"),
        ("um 9:30 uhr", "qqur"),
        ("12345 musterstadt", "qqpl"),
        ("tel. 0151 4400 1882", "qqtl"),
        ("telefon 05555 555 01 38", "qqtl"),
        ("an a@b.example", "qqad"),
    ],
)
def test_a_number_becomes_the_name_of_its_kind(folded: str, kind: str) -> None:
    assert kind in wording.alike(folded).split()
    assert sum(word.startswith("qq") for word in wording.alike(folded).split()) == 1


@pytest.mark.parametrize(
    "folded",
    [
        "kd-nr. 123a456789 bitte",
        "meine kundennummer ist 123 a 456789 bitte",
        "123a456789 bitte",
        "geb. 14.3.1981 bitte",
        "geboren am 14.03.81 bitte",
    ],
)
def test_who_somebody_is_is_no_word(folded: str) -> None:
    """Own decision 0159."""
    assert wording.alike(folded).split() == ["bitte"]


def test_the_birthday_of_a_child_is_a_day() -> None:
    assert "qqda" in wording.alike("unsere tochter ist am 12.11.2026 geboren").split()
    assert "qqda" in wording.alike("geboren am 12.11.2026").split()


def test_words_are_chained_within_their_sentence_only() -> None:
    chains = wording.chains("neues konto. arbeit gefunden")
    assert "neues_konto" in chains
    assert "konto_arbei" not in chains


def test_fillers_do_not_keep_words_apart() -> None:
    assert "konto_neu" in wording.chains("mein konto ist jetzt bei der bank neu")


def test_two_mails_that_differ_in_numbers_only_look_alike(read) -> None:
    one = read("Ich bin vom 3.4. bis 9.4. krank, 123A456789.")
    other = read("Ich bin vom 12.11. bis 14.11. krank, 987B654321.")
    assert features.row(one)[features.TEXT] == features.row(other)[features.TEXT]
    assert features.row(one)[features.CHAINS] == features.row(other)[features.CHAINS]


@pytest.mark.parametrize("text", ["x" * 6000, "@" * 6000, "x@" * 3000, "9" * 6000, "1." * 3000])
def test_no_long_word_makes_the_numbers_slow(text: str) -> None:
    began = time.process_time()
    wording.alike(text)
    assert time.process_time() - began < 1.0


@given(st.text(max_size=300))
def test_chains_of_any_text_hold_stems_only(text: str) -> None:
    stems = {
        stem for chain in wording.chains(wording.alike(fold(text))) for stem in chain.split("_")
    }
    assert all(len(stem) <= 5 for stem in stems)
