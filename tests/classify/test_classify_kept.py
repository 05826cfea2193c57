"""What is kept of words: bounded, and nothing that is said daily is forgotten."""

from classify.kept import LONGEST_WORD_CHARS, Kept


def test_a_word_is_learned_once() -> None:
    asked: list[str] = []
    kept = Kept(lambda word: asked.append(word) or word.upper())
    assert kept.of_all(["neues", "Konto", "neues"]) == ["NEUES", "KONTO", "NEUES"]
    assert kept.of_one("neues") == "NEUES"
    assert asked == ["neues", "Konto"]


def test_no_more_than_two_generations_are_kept() -> None:
    kept = Kept(str.upper, limit=10)
    kept.of_all([f"wort{number}" for number in range(1000)])
    assert len(kept) <= 20


def test_what_is_said_daily_stays_when_rare_words_come_and_go() -> None:
    asked: list[str] = []
    kept = Kept(lambda word: asked.append(word) or word.upper(), limit=10)
    for number in range(500):
        kept.of_all(["konto", f"wort{number}"])
    assert asked.count("konto") == 1


def test_long_words_are_not_kept() -> None:
    kept = Kept(str.upper)
    assert kept.of_one("x" * LONGEST_WORD_CHARS + "x").isupper()
    assert len(kept) == 0
