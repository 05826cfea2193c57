"""A text as an author types it."""

BODY = (
    "Guten Tag,\n\nvielen Dank für Ihre Nachricht vom {eingangstag}. Wir melden uns bald.\n\n"
    "Mit freundlichen Grüßen\nIhre Agentur für Arbeit {agentur}"
)
HEAD = {
    "titel": "Neuer Text",
    "kuerzel": "N1",
    "anliegen": "termin",
    "kanal": "freie_email",
    "gueltig_ab": "2026-11-01",
    "gueltig_bis": "2027-10-31",
    "region": "alle",
    "version": "1",
    "quelle": "Weisung 202404002 Nr. 3",
    "offenbarend": "nein",
    "betreff": "Ihre Nachricht vom {eingangstag}",
}


def typed(*, body: str = BODY, **changed: str) -> str:
    """The sample with some header lines changed; an empty value leaves the line out."""
    head = HEAD | changed
    return "\n".join(f"{key}: {value}" for key, value in head.items() if value) + f"\n\n{body}\n"
