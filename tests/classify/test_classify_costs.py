"""A text of half a million characters costs the judge no more than its length."""

from collections.abc import Callable

import pytest

from classify import own_address
from classify.facts import address_block, closing, facts, numbers, whereabouts
from rules.directory import Directory
from rules.mail import BodyParts
from tests.growth import grows_by
from triage import wiring

LINEAR = 30
"""Of eight times as much: linear is 8, the square 64."""
IBAN = "DE89370400440532013000"
OTHER = "DE75512108001245126199"

GROWING: dict[str, tuple[int, Callable[[int], object]]] = {
    "accounts that are left": (40, lambda n: facts._not_left(f"nicht mehr {IBAN}\n" * n)),
    "accounts that are old": (600, lambda n: numbers.find_iban(f"alt {IBAN}\n" * n)),
    "accounts of others under a long text": (
        100,
        lambda n: facts._without_accounts_of_others(
            "1 " * n * 40 + ".\n\n" + f"Auf Ihr Konto {IBAN} überwiesen.\n\n" * n
        ),
    ),
    "hyphens that may be a street's": (80, lambda n: own_address._STREET.sub(" ", "a-" * n)),
    "names in a last line": (
        800,
        lambda n: [
            closing._NAME_IN_PLACE.search(line)
            for line in closing.last_lines("1 A B in C " * n + ",")
        ],
    ),
}


@pytest.mark.parametrize("name", GROWING)
def test_the_cost_grows_as_the_length_does(name: str) -> None:
    start, work = GROWING[name]
    assert grows_by(work, start) < LINEAR


@pytest.fixture(scope="module")
def directory() -> Directory:
    return wiring.load_directory()


@pytest.mark.parametrize(
    "unit", ["12345 Kassel ", "34117 Kassel\n", "D-34117 ", "Praxis 34117 K\n"]
)
def test_a_list_of_addresses_is_read_in_one_go(unit: str, directory: Directory) -> None:
    def find(count: int) -> object:
        return whereabouts.find(BodyParts(unit * count), directory, mailbox="Kassel@amt.example")

    assert grows_by(find, 2_000) < LINEAR


def test_of_several_accounts_the_one_that_is_not_left_counts() -> None:
    told = f"Nicht mehr {IBAN}, sondern {OTHER}."
    assert facts._not_left(told).value == OTHER
    assert facts._not_left(f"Nicht mehr {IBAN}.").value == IBAN
    assert numbers.find_iban(f"alt {IBAN}\nneu {OTHER}").value == OTHER
    assert numbers.find_iban(f"alt {IBAN}\nalt {OTHER}").value == IBAN


def test_what_stands_far_above_an_address_is_something_said_before() -> None:
    def is_imprint(above: str) -> bool:
        text = f"{above}34117 Kassel"
        return address_block._is_imprint(text, len(above), len(text))

    assert not is_imprint("")
    assert not is_imprint("\n" * 5_000)
    assert is_imprint("Guten Tag.\n")
    assert is_imprint("x" * 5_000 + "\nPraxis, ")
    assert is_imprint("Guten Tag.\n" + "x " * 2_000)
