"""Who works on a message: team by channel, agency by place of residence; and in which folder.

The hints to the agency are asked in this order: PLZ, PLZ with place, place, addressed postbox.
The place of residence is in charge, so a sender's PLZ beats the postbox it was sent to. What no
hint decides goes to the clearing folder, never to the likeliest agency.
Source: Weisung 202404002 no. 2 and 3; § 327 (1) SGB III; F20; own decision 0014.
"""

import re
from typing import Final

from rules.agencies import Agency
from rules.codes import AgencyHow, Channel, Concern, Team
from rules.directory import Directory, PostboxHint
from rules.verdict import AgencyFound

RULES_ID: Final = "haus-2026.5"
"""Version of the built-in rules; changes whenever the same mail could be sorted otherwise."""

TEAM_OF_CHANNEL: Final[dict[Channel, Team]] = {
    Channel.FREIE_EMAIL: Team.EZ,
    Channel.ESERVICE_AU: Team.EZ,
    Channel.ESERVICE_VERAENDERUNG: Team.SC,
    Channel.KONTAKTFORMULAR: Team.SC,
    Channel.POSTFACHNACHRICHT: Team.SC,
    Channel.MASCHINELL: Team.NONE,
}

CONCERN_FOLDER: Final[dict[Concern, str]] = {
    Concern.AU: "AU",
    Concern.ARBEITSUCHEND: "Arbeitsuchend",
    Concern.ARBEITSLOS: "Arbeitslos",
    Concern.BANKVERBINDUNG: "Bankverbindung",
    Concern.ANSCHRIFT_NAME: "Anschrift und Name",
    Concern.ARBEITSAUFNAHME: "Arbeitsaufnahme",
    Concern.NEBENEINKOMMEN: "Nebeneinkommen",
    Concern.LEISTUNGSAENDERUNG: "Leistungsänderung",
    Concern.RENTE: "Rente",
    Concern.ORTSABWESENHEIT: "Ortsabwesenheit",
    Concern.TERMIN: "Termin",
    Concern.BEARBEITUNGSSTAND: "Bearbeitungsstand",
    Concern.ANTRAG_UNTERLAGEN: "Antrag und Unterlagen",
    Concern.INSOLVENZGELD: "Insolvenzgeld",
    Concern.BERATUNG: "Beratung",
    Concern.BESCHEINIGUNG: "Bescheinigung",
    Concern.WIDERSPRUCH: "Widerspruch",
    Concern.FAMILIENKASSE: "Familienkasse",
    Concern.JOBCENTER: "Jobcenter",
    Concern.ARBEITGEBER: "Arbeitgeber",
    Concern.ONLINE_ZUGANG: "Online-Zugang",
    Concern.SONSTIGES: "Sonstiges",
    Concern.KEIN_ANLIEGEN: "Kein Anliegen",
}

CLEARING_FOLDER: Final = "Klärung"
MACHINE_FOLDER: Final = "Maschinell"
SC_FOLDER: Final = "Service Center"

ISSUER_DIGITS: Final = 3
"""Of a Kundennummer: the agency that gave it out. Source: own decision 0116."""
_SEVERAL_ISSUER: Final = "gehört zu mehreren Agenturen; eine davon vergab die Kundennummer"

_FOLDER_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f/\\.%*\"~&:<>|?]+")


def team_of(channel: Channel) -> Team:
    """The team that works on a channel, whatever the topic. Source: Weisung 202404002 no. 2."""
    return TEAM_OF_CHANNEL[channel]


def find_agency(
    directory: Directory,
    *,
    plz: str | None,
    place: str | None,
    mailbox: str | None,
    kundennummer: str | None = None,
) -> AgencyFound:
    """The agency in charge, by the sender's PLZ and place and the postbox it was addressed to.

    `plz` and `place` are the sender's own, `mailbox` the address of ours ("Kassel@…"), each
    None if unknown. The Kundennummer tells places of one name apart, and nothing else. `because`
    says in German which hint decided, and which one disagreed.
    `code` None: the clearing folder. Source: § 327 (1) SGB III (place of residence);
    SOURCES section 3 (PLZ with several agencies); Weisung 202404002 no. 2 (Liegenschaft); F20;
    own decision 0116.
    """
    postbox = directory.by_mailbox(mailbox)
    issuer = directory.agency(kundennummer[:ISSUER_DIGITS]) if kundennummer else None
    touched = directory.agencies_of_plz(plz)
    named = directory.by_place(place)
    if len(touched) == 1:
        return _by_plz(touched[0], f"PLZ {plz}", named, postbox)
    if touched:
        of_place = _of_rows(directory, plz, place)
        return _by_shared_plz(touched, f"PLZ {plz}", of_place, postbox, issuer)
    if named:
        return _by_place(named, f"Ort {place}", postbox, issuer)
    if postbox.agency is not None:
        return _found(
            postbox.agency, AgencyHow.POSTBOX, "Kein Wohnort genannt; angeschriebenes Postfach"
        )
    return _unknown(_nothing_known(plz, place, postbox))


def by_words(agency: Agency) -> AgencyFound:
    """The agency that the mail addresses in its words. Source: own decision 0116."""
    reason = "Kein Wohnort genannt; im Text angeschriebene Agentur"
    return _found(agency, AgencyHow.POSTBOX, reason)


def of_office(found: AgencyFound) -> AgencyFound:
    """As found, with what is known of the address where only an office's is told and none found.

    Source: own decision 0121.
    """
    if found.code:
        return found
    return _unknown("Genannt ist die Anschrift eines Betriebs oder Büros, nicht die des Kunden")


def folder_of(team: Team, agency: AgencyFound, first_concern: Concern | None) -> str:
    """The folder in the regional postbox: "435 Kassel/AU", levels separated by "/".

    Mail of the Service Center stays in its own tree, machine mail in its own folder; mail of
    the Eingangszone without a known agency goes to the clearing folder. No concern means
    "Sonstiges". Source: Weisung 202404002 no. 3 (subfolder of the agency), no. 2 (who works on
    what); F9, F20; own decision 0015.
    """
    topic = CONCERN_FOLDER[first_concern or Concern.SONSTIGES]
    if team is Team.NONE:
        return MACHINE_FOLDER
    if team is Team.SC:
        return f"{SC_FOLDER}/{topic}"
    if agency.code is None:
        return CLEARING_FOLDER
    return f"{folder_level(f'{agency.code} {agency.name}')}/{topic}"


def folder_level(name: str) -> str:
    """The name as one level of a folder path, safe for IMAP and for Maildir with LAYOUT=fs.

    Separators, wildcards, dots, "&" (modified UTF-7) and control characters become blanks,
    blanks are merged; never empty. Source: RFC 3501 section 5.1, 6.3.8; own decision 0015.
    """
    level = " ".join(_FOLDER_UNSAFE.sub(" ", name).split())
    # Dovecot's LAYOUT=fs keeps these three for the messages themselves.
    if level.lower() in {"cur", "new", "tmp"}:
        level = f"{level} Ordner"
    return level or "Ohne Namen"


def _by_plz(
    agency: Agency, plz: str, named: tuple[Agency, ...], postbox: PostboxHint
) -> AgencyFound:
    """A PLZ of one agency decides, unless the place clearly lies elsewhere (a slip of the pen)."""
    if len(named) == 1 and agency not in named:
        rival = named[0]
        if postbox.agency is not None and postbox.agency.code == rival.code:
            reason = f"{plz} widerspricht dem Ort; Ort und Postfach nennen dieselbe Agentur"
            return _found(rival, AgencyHow.PLACE, reason)
        if postbox.agency is None or postbox.agency.code != agency.code:
            return _unknown(
                f"{plz} gehört zu {_label(agency)}, der Ort zu {_label(rival)}; bitte klären"
            )
        return _found(agency, AgencyHow.PLZ, f"{plz} und Postfach gegen den genannten Ort")
    return _found(agency, AgencyHow.PLZ, plz + _against(agency, postbox))


def _by_shared_plz(
    touched: tuple[Agency, ...],
    plz: str,
    of_place: tuple[Agency, ...],
    postbox: PostboxHint,
    issuer: Agency | None,
) -> AgencyFound:
    if len(of_place) == 1:
        reason = f"{plz} mit Ort" + _against(of_place[0], postbox)
        return _found(of_place[0], AgencyHow.PLZ_PLACE, reason)
    both = [agency for agency in of_place or touched if agency in postbox.agencies]
    if len(both) == 1:
        reason = f"{plz} gehört zu {len(touched)} Agenturen; das Postfach ist eine davon"
        return _found(both[0], AgencyHow.POSTBOX, reason)
    if issuer in (of_place or touched) and issuer is not None:
        return _found(issuer, AgencyHow.PLZ, f"{plz} {_SEVERAL_ISSUER}")
    names = ", ".join(_label(agency) for agency in touched)
    return _unknown(f"{plz} gehört zu mehreren Agenturen ({names}); bitte klären")


def _by_place(
    named: tuple[Agency, ...], place: str, postbox: PostboxHint, issuer: Agency | None
) -> AgencyFound:
    if len(named) == 1:
        return _found(named[0], AgencyHow.PLACE, place + _against(named[0], postbox))
    both = [agency for agency in named if agency in postbox.agencies]
    if len(both) == 1:
        reason = f"{place} gibt es mehrfach; das Postfach ist eine der Agenturen"
        return _found(both[0], AgencyHow.POSTBOX, reason)
    near = [agency for agency in named if agency.region == postbox.region]
    if len(near) == 1 and not postbox.agencies:
        reason = f"{place}, in der Region {postbox.region} nur einmal"
        return _found(near[0], AgencyHow.PLACE, reason)
    if issuer is not None and issuer in named:
        return _found(issuer, AgencyHow.PLACE, f"{place} {_SEVERAL_ISSUER}")
    if postbox.agency is not None:
        reason = f"{place} gibt es mehrfach; angeschriebenes Postfach"
        return _found(postbox.agency, AgencyHow.POSTBOX, reason)
    return _unknown(f"{place} gibt es mehrfach ({len(named)} Agenturen); bitte klären")


def _of_rows(directory: Directory, plz: str | None, place: str | None) -> tuple[Agency, ...]:
    """The agencies of the PLZ's own rows that bear the place's name."""
    named = directory.by_place(place)
    return tuple(agency for agency in directory.agencies_of_plz(plz) if agency in named)


def _against(agency: Agency, postbox: PostboxHint) -> str:
    if postbox.agency is None or postbox.agency.code == agency.code:
        return ""
    return f"; Wohnort geht vor, angeschrieben war {_label(postbox.agency)}"


def _nothing_known(plz: str | None, place: str | None, postbox: PostboxHint) -> str:
    if postbox.agencies:
        names = ", ".join(_label(agency) for agency in postbox.agencies)
        return f"Das Postfach kann zu mehreren Agenturen gehören ({names}); bitte klären"
    if plz or place:
        return f"{plz or place} steht in keinem Verzeichnis, das Postfach nennt keine Agentur"
    return "Weder Wohnort noch Postfach nennen eine Agentur"


def _label(agency: Agency) -> str:
    return f"{agency.code} {agency.name}"


def _found(agency: Agency, how: AgencyHow, because: str) -> AgencyFound:
    return AgencyFound(code=agency.code, name=agency.name, how=how, because=because)


def _unknown(because: str) -> AgencyFound:
    return AgencyFound(code=None, name=None, how=AgencyHow.UNKNOWN, because=because)
