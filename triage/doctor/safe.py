"""The doctor's look at what keeps content and desk safe: keys, scanner, secret files, old names.

Source: F59; own decisions 0070, 0071.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from store.places import sightings
from store.upkeep import postbox_names, resealing
from triage import wiring
from triage.doctor.finding import Finding, bad, good, warn
from triage.house import House
from triage.settings import Settings
from triage.settings.outgoing import neighbours
from triage.watch.health import OLD_NAME
from triage.watch.remedies import REMEDIES

_KINDS: Final = frozenset({"maildir", "exchange"})
"""Kinds of postboxes that name their one epoch so; each other epoch is IMAP's."""

_CHECKED: Final = frozenset({"verify-ca", "verify-full"})

OTHERS: Final = 0o007
"""Rights of everybody on the machine. Those of the group are the house's own affair."""


def open_files(settings: Settings, variables: Iterable[str]) -> Iterator[Finding]:
    """Files with secrets that everybody on the machine may read or change.

    The ring of keys is not among them: the house itself refuses it then.
    """
    for name, path in _secret_files(settings, variables):
        try:
            mode = path.stat().st_mode
        except OSError:
            continue  # who needs it says so
        if mode & OTHERS:
            yield warn(
                f"secrets:{name}",
                f"Jeder auf dieser Maschine darf {path} lesen oder ändern.",
                f"`chmod o= {path}`; in Kubernetes defaultMode: 0440.",
            )


def database_line(settings: Settings) -> Iterator[Finding]:
    """Whether the line to a database elsewhere must be TLS with a checked certificate.

    libpq by itself speaks without where the server offers none. Source: F71; PostgreSQL
    documentation, "SSL Support", table 32.1.
    """
    away = [one.host for one in neighbours(settings) if one.setting == "store.url"]
    asked = re.findall(r"[?&]sslmode=([a-z-]+)", settings.store.url)
    mode = (asked or [os.environ.get("PGSSLMODE", "")])[-1]
    if away and mode not in _CHECKED:
        yield warn(
            "store:tls",
            f"Die Verbindung zu {away[0]} ist nicht auf TLS mit geprüftem Zertifikat festgelegt.",
            "`sslmode=verify-full` und `sslrootcert=…` an store.url, oder PGSSLMODE setzen.",
        )


def _secret_files(settings: Settings, variables: Iterable[str]) -> Iterator[tuple[str, Path]]:
    for variable in variables:
        named = os.environ.get(f"{variable}_FILE", "")
        if named:
            yield variable, Path(named)
    ldap = settings.rights.ldap
    given = (
        ("rights.ldap.password_file", ldap.password_file if ldap else None),
        ("eakte.client_key", settings.eakte.client_key),
        ("door.tls_key", settings.door.tls_key if settings.door else None),
    )
    yield from ((name, path) for name, path in given if path is not None)


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


def left_postboxes(settings: Settings, house: House) -> Iterator[Finding]:
    """Postboxes of the ledger that the configuration does not name any more.

    One that only has another name now is not served (triage/known/one_folder.py).
    """
    named = {box.name for box in settings.postboxes}
    with house.db.read() as tx:
        left = [name for name in sightings.postboxes(tx) if name not in named]
        former = {postbox_names.given_away(tx, name): name for name in named}
    for name in left:
        if name in former:
            told = (
                f"{former[name]} heißt seit dem Umbenennen {name}; in der Konfiguration noch nicht."
            )
            yield bad(f"postbox:{name}", told, REMEDIES[OLD_NAME])
            continue
        yield warn(
            f"postbox:{name}",
            f"In {name} liegt Post, aber die Konfiguration nennt dieses Postfach nicht mehr.",
            "Umbenannt? Worker anhalten und `postlotse postbox rename ALT NEU` ausführen; bis dahin"
            " bedient es unter dem neuen Namen kein Worker (postbox.renamed), sonst käme alles ein"
            " zweites Mal. Abgeschafft: Was abgelaufen ist, dort von Hand löschen.",
        )


def other_kinds(settings: Settings, house: House) -> Iterator[Finding]:
    """Postboxes whose mail is known under places of another kind than the configuration names.

    Exchange may give a mail other bytes, and then it is a second one. Other line ends only, as of
    a Maildir that is read by IMAP, do no harm. Own decision 0126.
    """
    for box in settings.postboxes:
        others = _KINDS - {box.kind} if box.kind == "exchange" else {"exchange"}
        with house.db.read() as tx:
            other = sightings.lies_under(tx, box.name, epochs=others)
        if other is not None:
            yield warn(
                f"postbox:{box.name}:kind",
                f"Post in {box.name} ist mit kind = „{other}“ bekannt, eingerichtet ist"
                f" „{box.kind}“.",
                "Bevor ein Worker startet: Posteingang abarbeiten oder beim alten kind bleiben."
                " Gibt der neue Weg andere Bytes (nicht nur andere Zeilenenden), kommt ein zweites"
                " Mal, was im Posteingang liegt, und was abgelegt ist, gilt als entnommen.",
            )


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
