"""Invented mails for the stress run, each with a token, to agencies of two regions."""

from email.message import EmailMessage
from random import Random

TEXTS = (
    ("Krankmeldung", "ich bin seit heute krankgeschrieben, die Bescheinigung liegt bei."),
    ("Neue Bankverbindung", "bitte zahlen Sie ab sofort auf mein neues Konto."),
    ("Terminabsage", "den Termin am Montag kann ich leider nicht wahrnehmen."),
    ("Urlaub", "ich möchte vom 3. bis zum 14. August verreisen."),
    ("Frage zum Bescheid", "ich verstehe die Berechnung nicht. Können Sie mir das erklären?"),
    ("Neue Arbeit", "ich habe ab dem nächsten Ersten eine neue Stelle gefunden."),
)

AGENCIES = {
    "SC-Südwest": (("Kassel", "435 Kassel"), ("Hanau", "431 Hanau"), ("Marburg", "447 Marburg")),
    "SC-Nord": (("Rostock", "032 Rostock"), ("Schwerin", "033 Schwerin")),
}
"""Mailbox name and folder of some agencies of the two postboxes' regions (domain/agencies.csv)."""

MACHINE_FOLDER = "Maschinell"


def mail(token: str, random: Random, *, mailbox: str, large: int = 60_000) -> tuple[bytes, bool]:
    """Bytes with CRLF, as they travel; and whether it is machine mail, which lies aside."""
    subject, text = random.choice(TEXTS)
    made = EmailMessage()
    made["From"] = f"{token}@kunde.example"
    made["To"] = f"{mailbox}@arbeitsagentur.de"
    made["Subject"] = subject
    made["Date"] = "Mon, 23 Nov 2026 08:15:00 +0100"
    # One Message-ID for all: it must never serve as a key.
    made["Message-ID"] = "<same@kunde.example>"
    made["X-Stress"] = token
    is_machine = random.random() < 0.05
    if is_machine:
        made.replace_header("Subject", "Automatische Antwort: Ich bin nicht im Hause")
        made["Auto-Submitted"] = "auto-replied"
    lines = random.choice((0, 0, 0, 10, 200)) if large else 0
    made.set_content(f"Guten Tag,\n\n{text}\n\nViele Grüße\n" + "Anlage.\n" * lines)
    if random.random() < 0.1:
        made.add_attachment(
            random.randbytes(large), maintype="application", subtype="pdf", filename="scan.pdf"
        )
    return made.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), is_machine
