"""The doctor's look at the ways in and out: postboxes, outlets, door, disks, open matters.

Source: F59; own decision 0045.
"""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from outbox.receipt_folder import RECEIPTS
from outbox.smtp import SmtpOutlet
from rules.errors import HouseError
from store.sending import outgoing
from store.tables.ledger import OutgoingState
from triage import wiring
from triage.doctor import certificates, rights, rules
from triage.doctor.certificates import Speech
from triage.doctor.finding import Finding, bad, good, of_error, warn
from triage.filing import folders
from triage.house import House
from triage.settings import Settings
from triage.settings.outlets import EakteSettings
from triage.settings.postbox import ExchangeSettings, ImapSettings, PostboxSettings
from triage.wiring import ways_out
from triage.wiring.postboxes import open_postbox

ENDS_SOON: Final = timedelta(days=21)
"""A certificate or secret that ends within this is told. Hausregel: three weeks, as an order
through an office takes two."""

CLOCKS_APART_SECONDS: Final = 10
"""More than that between two machines makes leases run out early: a third of the grace time. Own
decision 0045."""

FEW_BYTES: Final = 2_000_000_000
FEW_SHARE: Final = 0.1
"""Less free disk than either is told; nothing at all is an error. Hausregel: a Monday of a region
takes about 1 GB."""


def postboxes(settings: Settings, house: House | None) -> Iterator[Finding]:
    """Each postbox: log in, list folders, compare with what agencies and rules need; TLS."""
    for box in settings.postboxes:
        name = f"postboxes:{box.name}"
        there: frozenset[str] | None
        try:
            there = _folders_of(box)
        except HouseError as exc:
            there = None
            yield of_error(name, exc)
        else:
            seen = "1 Ordner ist" if len(there) == 1 else f"{len(there)} Ordner sind"
            yield good(name, f"Anmeldung gelingt, {seen} zu sehen.")
            if house is not None and box.mode != "observe":
                yield from _missing(house, settings, box, there)
            yield from _rights_of(house, box, there)
        if house is not None and box.mode != "observe":
            yield from rules.targets(house, box, there)
        yield from _certificate_of(box)
        yield from _secret_of(box)


def _rights_of(
    house: House | None, box: PostboxSettings, there: frozenset[str]
) -> Iterator[Finding]:
    wanted = there & folders.wanted(house, region=box.region) if house else there - {"INBOX"}
    try:
        yield from rights.own(box, min(wanted, default=None))
    except HouseError as exc:
        yield of_error(f"postboxes:{box.name}:rights", exc)


def _secret_of(box: PostboxSettings) -> Iterator[Finding]:
    """When the client's secret ends, where the configuration tells it; no server does."""
    if not isinstance(box, ExchangeSettings) or box.secret_ends is None:
        return
    name = f"postboxes:{box.name}:secret"
    told = f"Das Client-Geheimnis gilt bis {box.secret_ends:%d.%m.%Y}."
    today = datetime.now(tz=UTC).date()
    if box.secret_ends < today:
        yield bad(name, told, "Ein neues Geheimnis ausstellen und secret_ends ändern.")
    elif box.secret_ends - today < ENDS_SOON:
        yield warn(name, told, "Ein neues Geheimnis ausstellen, bevor es endet.")
    else:
        yield good(name, told)


def _folders_of(box: PostboxSettings) -> frozenset[str]:
    driver = open_postbox(box)
    try:
        return frozenset(driver.folders())
    finally:
        driver.close()


def _missing(
    house: House, settings: Settings, box: PostboxSettings, there: frozenset[str]
) -> Iterator[Finding]:
    missing = sorted(folders.wanted(house, region=box.region) - there)
    if not missing:
        return
    name = f"postboxes:{box.name}:folders"
    told = f"{len(missing)} Ordner von Agenturen fehlen, zum Beispiel {missing[0]}."
    if settings.worker.create_folders == "agencies":
        yield warn(name, told, "Der Worker legt sie beim nächsten Umlauf an.")
    else:
        yield bad(name, told, "Anlegen oder worker.create_folders auf „agencies“ stellen.")


def _certificate_of(box: PostboxSettings) -> Iterator[Finding]:
    if isinstance(box, ImapSettings):
        speech: Speech = "imap" if box.tls == "starttls" else "implicit"
        yield from server_certificate(
            f"postboxes:{box.name}", box.host, box.port, speech, box.ca_file
        )
    elif isinstance(box, ExchangeSettings):
        parts = urlsplit(box.endpoint)
        host, port = parts.hostname or "", parts.port or 443
        yield from server_certificate(f"postboxes:{box.name}", host, port, "implicit", box.ca_file)


def outlets(settings: Settings) -> Iterator[Finding]:
    """The eAkte's drop folder, and the mail server that takes answers."""
    yield from _eakte(settings.eakte)
    replies = settings.replies
    if replies.outlet != "smtp":
        return
    outlet = wiring.outlets(settings).mail
    if isinstance(outlet, SmtpOutlet):
        try:
            outlet.probe()
        except HouseError as exc:
            yield of_error("outlets:mail", exc)
        else:
            yield good("outlets:mail", "Der Mailserver für Antworten nimmt die Anmeldung an.")
    if replies.left_notes is None:
        yield warn(
            "outlets:mail:left",
            "Was hinausging, steht nur in der Datenbank: Stirbt ein Worker gleich nach dem Versand,"
            " geht eine Antwort zweimal hinaus.",
            "replies.left_notes auf einen Ordner stellen, den nur die Worker beschreiben.",
        )
    speech: Speech = "smtp" if replies.tls == "starttls" else "implicit"
    yield from server_certificate(
        "outlets:mail", replies.host, replies.port, speech, replies.ca_file
    )


def _records(eakte: EakteSettings) -> Iterator[Finding]:
    """Whether the eAkte tells of records, where it is asked for them before a hand-over."""
    records = ways_out.eakte_records(eakte)
    if records is None:
        return
    try:
        records.probe()
    except HouseError as exc:
        yield of_error("outlets:eakte:records", exc)
    else:
        yield good("outlets:eakte:records", "Die eAkte gibt Auskunft, ob es eine Akte gibt.")


def _eakte(eakte: EakteSettings) -> Iterator[Finding]:
    """The drop's folder, or the door behind the line and until when our certificate holds."""
    yield from _records(eakte)
    if eakte.outlet == "folder":
        yield from _drop(eakte.drop)
        return
    outlet = ways_out.eakte_outlet(eakte)
    try:
        outlet.probe()
    except HouseError as exc:
        yield of_error("outlets:eakte", exc)
    else:
        yield good("outlets:eakte", "Die eAkte antwortet und nimmt unser Zertifikat an.")
    path = eakte.client_cert
    if path is not None:
        yield from _certificate("outlets:eakte:certificate", lambda: certificates.of_file(path))


def _drop(folder: Path) -> Iterator[Finding]:
    name = "outlets:eakte"
    if not folder.is_dir():
        yield bad(name, f"Der Übergabeordner {folder} fehlt.", "Einhängen; nicht neu anlegen.")
    elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield bad(name, f"In {folder} darf der Dienst nicht schreiben.", "Rechte des Kontos geben.")
    elif os.path.lexists(folder / RECEIPTS) and not (folder / RECEIPTS).is_dir():
        told = f"{folder / RECEIPTS} ist kein Ordner; keine Quittung wird gelesen."
        yield bad(name, told, "Die Datei dort wegnehmen und den Ordner bereitstellen.")
    else:
        yield good(name, f"Der Übergabeordner {folder} ist da und beschreibbar.")


def door(settings: Settings) -> Iterator[Finding]:
    """The certificate of the door for mail servers, where it has one."""
    if settings.door is not None and settings.door.tls_cert is not None:
        path = settings.door.tls_cert
        yield from _certificate("door:certificate", lambda: certificates.of_file(path))


def disk(name: str, folder: Path) -> Iterator[Finding]:
    """How much is free where something is written."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        remedy = "Einhängen; war er nie da, den Pfad in der Konfiguration prüfen."
        yield bad(name, f"{folder} ist nicht lesbar.", remedy)
        return
    told = f"{folder}: {usage.free // 1_000_000} MB von {usage.total // 1_000_000} MB frei."
    if usage.free == 0:
        yield bad(name, told, "Platz schaffen; bis dahin wird keine Mail angenommen.")
    elif usage.free < FEW_BYTES or usage.free < FEW_SHARE * usage.total:
        yield warn(name, told, "Platz schaffen, bevor keine Mail mehr angenommen werden kann.")
    else:
        yield good(name, told)


def clock(house: House) -> Iterator[Finding]:
    """Whether this machine and the database agree on the time; leases and due days hang on it."""
    before, told_there, after = datetime.now(tz=UTC), house.db.now(), datetime.now(tz=UTC)
    # Between the two looks any time is right, so that a slow answer is no wrong clock.
    apart = max(before - told_there, told_there - after, timedelta(0)).total_seconds()
    told = f"Die Uhren dieser Maschine und der Datenbank gehen {apart:.0f} s auseinander."
    if apart > CLOCKS_APART_SECONDS:
        yield bad("clock", told, "Zeitdienst (chrony, systemd-timesyncd) auf beiden prüfen.")
    else:
        yield good("clock", told)


def matters(house: House | None) -> Iterator[Finding]:
    """What waits for a person: things that could not be delivered."""
    if house is None:
        return
    with house.db.read() as tx:
        counts = outgoing.counts(tx)
    ended = {OutgoingState.DEAD, OutgoingState.REJECTED}
    for kind in sorted({kind for kind, state in counts if state in ended}):
        number = sum(counts.get((kind, state), 0) for state in ended)
        yield bad(
            f"matters:{kind}",
            f"{number} Sendungen der Art {kind} konnten nicht zugestellt werden.",
            "`postlotse outbox list` zeigt sie mit Grund; danach `postlotse outbox replay`.",
        )


def server_certificate(
    name: str, host: str, port: int, speech: Speech, ca_file: Path | None
) -> Iterator[Finding]:
    """Until when a server's certificate holds, asked by a handshake."""
    yield from _certificate(
        f"{name}:certificate",
        lambda: certificates.of_server(host, port, speech, ca_file=ca_file),
    )


def _certificate(name: str, ask: Callable[[], datetime]) -> Iterator[Finding]:
    try:
        ends = ask()
    except (socket.gaierror, ConnectionError, TimeoutError) as exc:
        told = f"Der Server antwortet nicht ({type(exc).__name__})."
        yield bad(name, told, "Namen, Port und Netzfreigabe prüfen.")
        return
    except (OSError, ValueError) as exc:
        what = type(exc).__name__
        yield bad(name, f"Kein gültiges Zertifikat ({what}).", "Zertifikat und ca_file prüfen.")
        return
    told = f"Das Zertifikat gilt bis {ends:%d.%m.%Y}."
    now = datetime.now(tz=UTC)
    if ends <= now:
        yield bad(name, told, "Sofort erneuern; Verbindungen werden abgelehnt.")
    elif ends - now < ENDS_SOON:
        yield warn(name, told, "Erneuern, bevor es endet.")
    else:
        yield good(name, told)
