import pytest

from classify import familiar

TEXTS = ["der antrag liegt bei", "der antrag fehlt", "mein antrag liegt bei ihnen", "der fehler"]


def test_a_word_of_one_mail_only_is_not_known() -> None:
    found = familiar.fit(TEXTS, ["a", "a", "b", "b"])
    assert found.words == {"der", "antrag", "liegt", "bei"}


def test_the_own_writer_does_not_make_his_words_usual() -> None:
    """`der` is known to b by two mails of a; `antrag` and the rest only by the other writer's."""
    two = familiar.fit(["rot rot gruen", "rot gruen", "blau", "blau"], ["a", "a", "b", "b"])
    assert two.usual == 1.0
    mixed = familiar.fit(["rot", "rot", "rot", "rot"], ["a", "a", "b", "b"])
    assert mixed.usual == 0.0


def test_one_writer_alone_leaves_nobody_out() -> None:
    found = familiar.fit(["rot gruen", "rot gruen"], ["a", "a"])
    assert (found.words, found.usual) == ({"rot", "gruen"}, 0.0)


@pytest.mark.parametrize(
    ("text", "unlike"),
    [
        ("der antrag liegt bei", False),
        ("der antrag liegt bei frau lehmann", False),
        ("lorem ipsum dolor sit amet consectetur", True),
        ("", False),
    ],
)
def test_more_unknown_words_than_usual_are_unlike(text: str, unlike: bool) -> None:
    known = familiar.Familiar(frozenset(["der", "antrag", "liegt", "bei"]), usual=0.2, bound=2.5)
    words = familiar.words_of(text)
    assert familiar.are_too_many(known, len(words - known.words), words=len(words)) is unlike


def test_a_long_text_with_a_few_names_is_as_usual_as_a_short_one() -> None:
    assert familiar.excess(20, 100, 0.2) == pytest.approx(0.0)
    assert familiar.excess(2, 10, 0.2) == pytest.approx(0.0)
    assert familiar.excess(5, 10, 0.2) < familiar.excess(50, 100, 0.2)
