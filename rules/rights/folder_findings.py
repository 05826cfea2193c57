"""What can be wrong with folder permissions, each with what it means and what to do, in German.

Codes are stable. Source: R4, F56; Weisung 202404002 no. 2 and 3; own decision 0038.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rules.rights.folder_levels import Rights


class Code(StrEnum):
    """One kind of finding."""

    MISSING = "rights.missing"
    TOO_LOW = "rights.too_low"
    TOO_HIGH = "rights.too_high"
    SURPLUS = "rights.surplus"
    DIRECT = "rights.direct_person"
    LEFT_LIST = "rights.left_list"
    ORPHAN = "rights.orphan"
    OPEN_TO_ALL = "rights.open_to_all"
    INHERITED = "rights.inherited"
    NOT_READABLE = "rights.not_readable"
    UNKNOWN_LEVEL = "rights.unknown_level"
    AGENCY_WITHOUT_LIST = "rights.agency_without_list"
    REGION_WITHOUT_LIST = "rights.region_without_list"
    LIST_WITHOUT_FOLDER = "rights.list_without_folder"
    FOLDER_WITHOUT_AGENCY = "rights.folder_without_agency"
    MERGED_AGENCY = "rights.merged_agency"
    SHARED_LIST = "rights.shared_list"
    MEMBER_WITHOUT_ADDRESS = "rights.member_without_address"
    CIRCULAR = "rights.circular_list"
    NESTED = "rights.nested_list"


FIXABLE: Final = frozenset(
    {
        Code.MISSING,
        Code.TOO_LOW,
        Code.TOO_HIGH,
        Code.SURPLUS,
        Code.DIRECT,
        Code.LEFT_LIST,
        Code.ORPHAN,
        Code.OPEN_TO_ALL,
        Code.INHERITED,
    }
)
"""What a plan can put right; all else needs a person: a report, a folder, a decision."""


@dataclass(frozen=True, slots=True)
class Key:
    """Which finding it is, in every audit again; what a person decides holds for the key."""

    code: Code
    folder: str
    subject: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that differs from what should be.

    `folder` is empty where the lists alone are at fault; `agency` is empty outside of agencies'
    folders. `subject` is the account, list or code it is about. `cause` is the finding at the
    parent folder that this one came from. `has` and `wanted` are None where they don't apply.
    """

    code: Code
    folder: str
    agency: str
    subject: str
    has: Rights | None = None
    wanted: Rights | None = None
    cause: Code | None = None
    about: str = ""

    @property
    def key(self) -> Key:
        """Source: own decision 0038."""
        return Key(self.code, self.folder, self.subject)

    @property
    def is_fixable(self) -> bool:
        """Whether a plan can put it right. Source: own decision 0038."""
        return self.code in FIXABLE


_TOLD_BY_ABOUT: Final = frozenset({Code.UNKNOWN_LEVEL, Code.NESTED, Code.SHARED_LIST})
"""What these are is said in `about` alone: an entry as it stands, groups, agencies."""

Kept = Mapping[Key, Finding | None]
"""What a person has decided on, or signed, with the finding as it was then; None: not noted."""


def is_kept(now: Finding, kept: Kept) -> bool:
    """Whether a person has decided that this stays: this, not more of it.

    An account that got further rights since is an open finding again. Source: own decision 0039.
    """
    if now.key not in kept:
        return False
    then = kept[now.key]
    if then is None:
        return True
    if now.code in _TOLD_BY_ABOUT:
        return now.about == then.about
    return (now.has or frozenset()) <= (then.has or frozenset())


@dataclass(frozen=True, slots=True)
class Words:
    """Title, what it means, and the remedy; `{subject}` and `{about}` are filled in."""

    title: str
    meaning: str
    remedy: str


WORDS: Final[Mapping[Code, Words]] = MappingProxyType(
    {
        Code.MISSING: Words(
            "Verteiler fehlt",
            "Der gemeldete Verteiler {subject} hat kein Recht an diesem Ordner. Wer auf ihm steht,"
            " kommt nicht hinein.",
            "In den Plan aufnehmen: Der Verteiler erhält die gemeldete Stufe.",
        ),
        Code.TOO_LOW: Words(
            "Stufe zu niedrig",
            "Der Verteiler {subject} darf weniger, als gemeldet ist.",
            "In den Plan aufnehmen: Die Stufe wird auf die gemeldete angehoben.",
        ),
        Code.TOO_HIGH: Words(
            "Stufe zu hoch",
            "Der Verteiler {subject} darf mehr, als gemeldet ist.",
            "In den Plan aufnehmen: Die Stufe wird auf die gemeldete gesenkt.",
        ),
        Code.SURPLUS: Words(
            "Zu viel",
            "{subject} hat ein Recht, steht aber auf keinem Verteiler dieses Ordners. Oft ist das"
            " ein Sonderrecht aus der Pandemie.",
            "Entziehen (in den Plan), oder mit Begründung belassen.",
        ),
        Code.DIRECT: Words(
            "Einzelrecht statt Verteiler",
            "{subject} steht auf dem Verteiler und hat dazu ein eigenes Recht. Es bliebe bestehen,"
            " wenn die Person den Verteiler verlässt.",
            "Einzelrecht entziehen (in den Plan); der Zugang über den Verteiler bleibt.",
        ),
        Code.LEFT_LIST: Words(
            "Nicht mehr auf dem Verteiler",
            "{subject} stand auf der vorigen Meldung und steht nicht mehr darauf, das eigene Recht"
            " besteht aber fort.",
            "Entziehen (in den Plan), oder die Meldung der Agentur berichtigen lassen.",
        ),
        Code.ORPHAN: Words(
            "Verwaiste Kennung",
            "Zur Kennung {subject} gibt es kein Konto mehr.",
            "Eintrag entfernen (in den Plan). Niemand verliert dadurch Zugang.",
        ),
        Code.OPEN_TO_ALL: Words(
            "Für alle offen",
            "„{subject}“ hat ein Recht: Der Ordner ist damit für alle offen, auch ohne Verteiler.",
            "Auf „Keine“ setzen (in den Plan).",
        ),
        Code.INHERITED: Words(
            "Vom übergeordneten Ordner",
            "{subject}: Dasselbe steht schon am übergeordneten Ordner; beim Anlegen des"
            " Unterordners wurde es übernommen.",
            "Beide im selben Plan bereinigen, sonst kehrt es in neuen Unterordnern wieder.",
        ),
        Code.NOT_READABLE: Words(
            "Nicht lesbar",
            "Die Rechte dieses Ordners konnten nicht gelesen werden ({about}). Das heißt nicht,"
            " dass niemand Zugriff hat.",
            "Dem Dienstkonto Vollzugriff auf das Postfach geben (bei IMAP das Recht „a“), dann neu"
            " prüfen.",
        ),
        Code.UNKNOWN_LEVEL: Words(
            "Unbekannte Stufe",
            "Der Eintrag von {subject} lautet „{about}“ und lässt sich nicht deuten. Dieser Ordner"
            " wird vom Plan nicht angefasst.",
            "Den Eintrag in Outlook oder am Server ansehen und auf eine benannte Stufe setzen.",
        ),
        Code.AGENCY_WITHOUT_LIST: Words(
            "Agentur ohne Verteiler",
            "Für diese Agentur ist kein Verteiler gemeldet. Rechte an ihrem Ordner lassen sich"
            " nicht beurteilen.",
            "Die Agentur meldet ihren Verteiler an die Regionaldirektion"
            " (Weisung 202404002, Nr. 3).",
        ),
        Code.REGION_WITHOUT_LIST: Words(
            "Kein Verteiler des Service Centers",
            "Für die Region ist kein Verteiler des Service Centers hinterlegt. Einzelne Konten"
            " lassen sich deshalb nicht als „zu viel“ beurteilen.",
            "Den Verteiler des Service Centers in die Liste aufnehmen (Spalte „region“).",
        ),
        Code.LIST_WITHOUT_FOLDER: Words(
            "Verteiler ohne Ordner",
            "Der Verteiler {subject} ist gemeldet, im Postfach fehlt aber der Ordner der Agentur.",
            "Den Ordner anlegen; der Worker tut es, wenn worker.create_folders auf „agencies“"
            " steht.",
        ),
        Code.FOLDER_WITHOUT_AGENCY: Words(
            "Ordner ohne Agentur",
            "Zu diesem Ordner gibt es in der Region keine Agentur ({about}).",
            "Gehört die Agentur zu einer anderen Region, hat der Postlotse ihn angelegt, weil hier"
            " Post für sie einging: nicht auflösen, in rights.common_folders nennen. Sonst Inhalt"
            " prüfen, dann umbenennen oder auflösen.",
        ),
        Code.MERGED_AGENCY: Words(
            "Zusammengelegte Agentur",
            "Diese Agentur ist in {about} aufgegangen, Ordner oder Verteiler bestehen noch.",
            "Offene Vorgänge umziehen, dann Ordner und Verteiler auflösen.",
        ),
        Code.SHARED_LIST: Words(
            "Ein Verteiler für zwei Agenturen",
            "Den Verteiler {subject} haben mehrere Agenturen gemeldet ({about}). Alle auf ihm sehen"
            " die Ordner aller dieser Agenturen.",
            "Je Agentur einen eigenen Verteiler melden lassen, oder mit Begründung belassen.",
        ),
        Code.MEMBER_WITHOUT_ADDRESS: Words(
            "Mitglied ohne Adresse",
            "Auf dem Verteiler {subject} steht jemand ohne Adresse; Rechte lassen sich ihm nicht"
            " zuordnen.",
            "Die Agentur ergänzt die Adresse oder streicht den Eintrag.",
        ),
        Code.CIRCULAR: Words(
            "Verteiler im Kreis",
            "Der Verteiler {subject} enthält sich über andere Verteiler selbst.",
            "Den Kreis im Verzeichnis auflösen; bis dahin wird jedes Mitglied einmal gezählt.",
        ),
        Code.NESTED: Words(
            "Verschachtelter Verteiler",
            "Auf dem Verteiler {subject} steht der Verteiler {about}, der für diese Agentur nicht"
            " gemeldet ist. Auch dessen Mitglieder kommen in den Ordner.",
            "Den inneren Verteiler melden lassen oder herausnehmen.",
        ),
    }
)


def title(code: Code) -> str:
    """The finding in two or three words. Source: own decision 0038."""
    return WORDS[code].title


def meaning(finding: Finding) -> str:
    """What is the case, in a sentence or two. Source: own decision 0038."""
    text = WORDS[finding.code].meaning
    shown = text.format(subject=named(finding.subject), about=finding.about or "ohne Angabe")
    return f"{shown} ({title(finding.cause)})" if finding.cause else shown


def remedy(code: Code) -> str:
    """What to do. Source: own decision 0038."""
    return WORDS[code].remedy


def named(subject: str) -> str:
    """An account as people know it. Source: Outlook, folder properties, "Berechtigungen"."""
    return {"default": "Standard", "anonymous": "Anonym"}.get(subject, subject)
