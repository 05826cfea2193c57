"""What can be wrong in a line of a list, once for programs and once for those who wrote the file.

Source: own decisions 0040 (every line is named) and 0139 (one code, two languages).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

_SHOWN: Final = 20
"""Of a file in the wrong form every line is a fault; `details` has them all."""


class Wrong(StrEnum):
    """Stable codes; `details["errors"]` of `rights.csv` carries them."""

    NO_LIST = "no_list"
    TOO_LARGE = "too_large"
    ENCODING = "encoding"
    QUOTES = "quotes"
    HEADER = "header"
    OTHER_LEVEL = "other_level"
    LIST = "list"
    MEMBER = "member"
    KIND = "kind"
    LEVEL = "level"
    REGION = "region"
    TWO_HOMES = "two_homes"
    AGENCY = "agency"
    AGENCY_REGION = "agency_region"


@dataclass(frozen=True, slots=True)
class LineError:
    """What is wrong in a line; `value` stands in the file, `known` is what the house knows."""

    line: int
    wrong: Wrong
    value: str = ""
    known: str = ""

    def as_details(self) -> dict[str, object]:
        """For `details` of a refusal: all that both languages need, and the English sentence."""
        return {
            "line": self.line,
            "code": self.wrong.value,
            "value": self.value,
            "known": self.known,
            "what": _ENGLISH[self.wrong].format(value=self.value, known=self.known),
        }


def in_german(errors: object) -> list[str]:
    """A line of text for each of the first errors, as `as_details` made them.

    Source: own decision 0139.
    """
    found = errors if isinstance(errors, list) else []
    lines = [f"Zeile {one['line']}: {_german(one)}" for one in found[:_SHOWN]]
    return lines + ([f"und {len(found) - _SHOWN} weitere"] if len(found) > _SHOWN else [])


def in_english(errors: Iterable[LineError]) -> str:
    """As `in_german`, in one line for a program's log. Source: own decision 0139."""
    found = [f"line {one.line}: {one.as_details()['what']}" for one in errors]
    more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return " ".join(found[:_SHOWN] + more)


def _german(one: Mapping[str, object]) -> str:
    return _GERMAN[Wrong(str(one["code"]))].format(value=one["value"], known=one["known"])


_ENGLISH: Final[Mapping[Wrong, str]] = MappingProxyType(
    {
        Wrong.NO_LIST: "The file names no list; name one a line.",
        Wrong.TOO_LARGE: "The file is larger than 5 MB; give one file a region.",
        Wrong.ENCODING: "Neither UTF-8 nor Windows-1252; save the file as 'CSV UTF-8'.",
        Wrong.QUOTES: "A quotation mark is not closed; correct the line.",
        Wrong.HEADER: "The header is missing; the first line names the columns {known}.",
        Wrong.OTHER_LEVEL: "{value} has another level further up; strike out one of the two.",
        Wrong.LIST: "'{value}' is no address; give the mail address of the list.",
        Wrong.MEMBER: "The member '{value}' is no address; give its mail address.",
        Wrong.KIND: "There is no kind '{value}'; write 'person' or 'gruppe'.",
        Wrong.LEVEL: "There is no level '{value}'; write for example '{known}'.",
        Wrong.REGION: "The region '{value}' is not {known}; write it into that region's file.",
        Wrong.TWO_HOMES: "Agency and region at once; name only one of the two.",
        Wrong.AGENCY: "There is no agency '{value}'; give its number of three digits.",
        Wrong.AGENCY_REGION: "Agency {value} is of {known}; write it into that region's file.",
    }
)

_GERMAN: Final[Mapping[Wrong, str]] = MappingProxyType(
    {
        Wrong.NO_LIST: "Kein Verteiler in der Datei; je Zeile einen nennen.",
        Wrong.TOO_LARGE: "Die Datei ist größer als 5 MB; je Region eine Datei geben.",
        Wrong.ENCODING: "Weder UTF-8 noch Windows-1252; die Datei als „CSV UTF-8“ speichern.",
        Wrong.QUOTES: "Anführungszeichen gehen nicht auf; die Zeile berichtigen.",
        Wrong.HEADER: "Überschrift fehlt; die erste Zeile nennt die Spalten {known}.",
        Wrong.OTHER_LEVEL: "{value} hat weiter oben eine andere Stufe; eine davon streichen.",
        Wrong.LIST: (
            "Verteiler „{value}“ ist keine Adresse; die Mailadresse des Verteilers nennen."
        ),
        Wrong.MEMBER: "Mitglied „{value}“ ist keine Adresse; die Mailadresse nennen.",
        Wrong.KIND: "Art „{value}“ gibt es nicht; „person“ oder „gruppe“ schreiben.",
        Wrong.LEVEL: "Die Stufe „{value}“ gibt es nicht; zum Beispiel „{known}“ schreiben.",
        Wrong.REGION: "Region „{value}“ ist nicht {known}; in die Datei jener Region schreiben.",
        Wrong.TWO_HOMES: "Agentur und Region zugleich; nur eines von beiden nennen.",
        Wrong.AGENCY: "Agentur „{value}“ gibt es nicht; die dreistellige Nummer nennen.",
        Wrong.AGENCY_REGION: (
            "Agentur {value} gehört zur Region {known}; in die Datei jener Region schreiben."
        ),
    }
)
