import pytest

from classify.one_line import is_one_line

LINE = "Die Unterlagen habe ich gestern bei Ihnen abgegeben."


@pytest.mark.parametrize(
    "text",
    [
        LINE,
        f"{LINE[:-1]} am Amt.",
        f"Guten Tag,\n\n{LINE}\n\nMit freundlichen Grüßen\nPetra Maier\nGartenstr. 5",
        f"Hallo Frau Schmidt,\n{LINE}\nPetra Maier\n345A678901",
        f"{LINE}\nPetra Maier, 34117 Kassel",
        f"{LINE}\nKundennummer: 345 A 678901",
        f"Kundennummer: 345 A 678901\n{LINE}",
        f"345A678901\n34117 Kassel\n\nGuten Tag,\n{LINE}\nPetra Maier",
        "ich bin weiter krank\nlg tina",
    ],
)
def test_one_line_is_one_without_what_stands_around_it(read, text: str) -> None:
    assert is_one_line(read(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{LINE[:-1]} und alle.",
        f"{LINE} Bitte sagen Sie mir, ob noch etwas fehlt.",
        f"{LINE}\nBitte sagen Sie mir, ob noch etwas fehlt.",
        f"Hallo, ich bin krank.\n{LINE}",
        f"{LINE}\n" * 9,
        f"Ich bin umgezogen. 345A678901\n{LINE}",
    ],
)
def test_no_text_and_more_than_a_line_are_none(read, text: str) -> None:
    assert not is_one_line(read(text))
