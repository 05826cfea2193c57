"""The closed code lists of the label guide and of the house.

The words are those of the people who do the work; machinery has English names.
Source: label guide (docs/labels.md), from Weisungen 202404002 no. 2, 202001001 no. 2.4 and
202003006 no. 2.2.
"""

from enum import StrEnum


class Channel(StrEnum):
    """How a message reached the postbox; decides the team before any topic does."""

    FREIE_EMAIL = "freie_email"
    ESERVICE_AU = "eservice_au"
    ESERVICE_VERAENDERUNG = "eservice_veraenderung"
    KONTAKTFORMULAR = "kontaktformular"
    POSTFACHNACHRICHT = "postfachnachricht"
    MASCHINELL = "maschinell"


class Concern(StrEnum):
    """What the sender wants or announces (Anliegen)."""

    AU = "au"
    ARBEITSUCHEND = "arbeitsuchend"
    ARBEITSLOS = "arbeitslos"
    BANKVERBINDUNG = "bankverbindung"
    ANSCHRIFT_NAME = "anschrift_name"
    ARBEITSAUFNAHME = "arbeitsaufnahme"
    NEBENEINKOMMEN = "nebeneinkommen"
    LEISTUNGSAENDERUNG = "leistungsaenderung"
    RENTE = "rente"
    ORTSABWESENHEIT = "ortsabwesenheit"
    TERMIN = "termin"
    BEARBEITUNGSSTAND = "bearbeitungsstand"
    ANTRAG_UNTERLAGEN = "antrag_unterlagen"
    INSOLVENZGELD = "insolvenzgeld"
    BERATUNG = "beratung"
    BESCHEINIGUNG = "bescheinigung"
    WIDERSPRUCH = "widerspruch"
    FAMILIENKASSE = "familienkasse"
    JOBCENTER = "jobcenter"
    ARBEITGEBER = "arbeitgeber"
    ONLINE_ZUGANG = "online_zugang"
    SONSTIGES = "sonstiges"
    KEIN_ANLIEGEN = "kein_anliegen"


class PaymentRelevant(StrEnum):
    """Whether the message moves money; `open` is an honest answer and is treated like `yes`."""

    YES = "yes"
    OPEN = "open"
    NO = "no"


class Team(StrEnum):
    """Who works on it: Eingangszone, Service Center, or nobody (set aside).

    Source: Weisung 202404002 no. 2.
    """

    EZ = "EZ"
    SC = "SC"
    NONE = "none"


class AgencyHow(StrEnum):
    """Which hint told the agency; the first that tells it wins (rules/routing.py)."""

    PLZ = "plz"
    PLZ_PLACE = "plz_place"
    PLACE = "place"
    POSTBOX = "postbox"
    FOLDER = "folder"
    RULE = "rule"
    CLERK = "clerk"
    UNKNOWN = "unknown"


class Role(StrEnum):
    """Who calls: clerk of an Eingangszone, machine of a Service Center, admin."""

    CLERK = "clerk"
    AUTOMATION = "automation"
    ADMIN = "admin"


STAND_ALONE: frozenset[Concern] = frozenset({Concern.SONSTIGES, Concern.KEIN_ANLIEGEN})
"""Concerns that never stand beside another. Source: label guide, "concerns"."""
