import pytest

from rules.addressed import agency_addressed
from rules.directory import Directory


@pytest.mark.parametrize(
    ("subject", "text", "code"),
    [
        ("An AA Kassel", "", "435"),
        ("", "An die Agentur für Arbeit Bad Hersfeld-Fulda\nGuten Tag", "411"),
        ("", "Guten Tag, liebe Arbeitsagentur in Marburg, ich warte.", "447"),
        ("", "Agentur fuer Arbeit Suhl\nAgentur für Arbeit Suhl", "098"),
        # Two of them, none, a place that no agency has, and one far down in the text.
        ("AA Kassel, AA Fulda", "", None),
        ("", "Ist das die Agentur in Lörrach oder Freiburg?", None),
        ("Frage", "Liebe Agentur für Arbeit, wann kommt der Bescheid?", None),
        ("", "An die Agentur für Arbeit Valencia", None),
        ("", "Hallo\n" * 5 + "Agentur für Arbeit Kassel", None),
    ],
)
def test_the_agency_that_is_addressed_stands_in_the_subject_or_the_first_lines(
    directory: Directory, subject: str, text: str, code: str | None
) -> None:
    found = agency_addressed(directory, subject=subject, text=text)
    assert (found.code if found else None) == code
