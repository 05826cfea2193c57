"""The doctor's look at what keeps content and desk safe: the key ring, the scanner.

Source: F59; own decisions 0070, 0071.
"""

from collections.abc import Iterator

from store import resealing
from triage import wiring
from triage.doctor_finding import Finding, bad, good, warn
from triage.house import House
from triage.settings import Settings


def keys(house: House) -> Iterator[Finding]:
    """Whether content is sealed, with which key, and whether each key that is needed is there.

    Counts all originals once: seconds on a large archive. Raises: TryLater: `keys.file`.
    """
    ring = house.db.ring
    name = "store:keys"
    with house.db.read() as tx:
        found = resealing.by_key(tx)
    held = ring.keys()
    missing = sorted(key for key in found if key and key not in held.by_id)
    if missing:
        yield bad(
            name,
            f"Schlüssel {', '.join(missing)} fehlt in {ring.path or 'store.keys (leer)'}.",
            "Schlüsselring aus der Verwahrung zurückholen; ohne ihn ist dieser Inhalt verloren.",
        )
    if ring.path is None:
        if not missing:
            yield good(name, "Originale werden vom Haus nicht verschlüsselt (store.keys ist leer).")
        return
    if not held.active:
        yield warn(name, "Kein Schlüssel ist aktiv.", "`postlotse keyring add NAME` ausführen.")
    others = sum(number for key, number in found.items() if key != held.active)
    if others:
        yield warn(
            name,
            f"{others} Originale liegen nicht unter dem aktiven Schlüssel.",
            "`postlotse keyring rotate` ausführen.",
        )
    elif held.active and not missing:
        yield good(name, f"Alle Originale sind verschlüsselt (Schlüssel {held.active}).")


def scanner(settings: Settings) -> Iterator[Finding]:
    """Whether the configured scanner answers; nothing where there is none."""
    asked = wiring.scanner_of(settings)
    if asked is None:
        return
    if asked.answers():
        yield good("scanner", "Der Virenscanner antwortet.")
    else:
        yield warn(
            "scanner",
            "Der Virenscanner antwortet nicht; Anlagen werden als „nicht geprüft“ gezeigt.",
            "clamd starten, scanner.address und die Rechte am Socket prüfen.",
        )
