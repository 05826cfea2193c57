"""What to do about what `/health/ready`, the page "Postfächer" and the doctor tell, in German.

By code; what the tables of docs/operations.md and docs/rights.md say in more words.
"""

from typing import Final

from triage import halting
from triage.watch import alarm_checks, outgoing_alarms, wandering

REMEDIES: Final = {
    outgoing_alarms.DEAD: "Ursache beheben, dann `postlotse outbox replay-all`.",
    outgoing_alarms.UNANSWERED: "Betreiber der eAkte fragen; `postlotse outbox match` nennt sie.",
    outgoing_alarms.TASKS: "Empfänger der Aufträge fragen; die Seite „Abgleich“ nennt sie.",
    alarm_checks.STUCK: "Läuft ein Worker? `postlotse work` neu starten; `postlotse items list`.",
    alarm_checks.KEYS: "`postlotse keys list` nennt sie; neuen ausgeben, alten widerrufen.",
    halting.ABOUT: "Wer angehalten hat, weiß, wann es weitergeht: `postlotse resume`.",
    "postbox.begin_unsaid": "Sagen, ab wann: `postlotse begin-writing NAME --from now`"
    " oder `--from all`.",
    wandering.NAME: "Auf der Seite „Lage“ ansehen, wer zuständig ist, und das festlegen.",
    "rights.lists_waiting": "Auf einmal zu viele neu oder weg, oder der Verteiler selbst ist neu"
    " oder fehlt: ansehen, dann `postlotse rights lists fetch` (`expand`).",
    "ldap.away": "Erreichbarkeit des Verzeichnisses prüfen; der Postlotse fragt wieder.",
    "ldap.login": "user und Kennwort in [rights.ldap] prüfen und den Dienst neu starten.",
    "ldap.certificate": "ca_file, host, tls und port in [rights.ldap] prüfen.",
    "ldap.base": "base in [rights.ldap] prüfen: Den Ort gibt es auf diesem Server nicht.",
    "ldap.no_right": "Dem Konto aus [rights.ldap] das Leserecht auf base geben.",
    "ldap.cut_off": "Im Verzeichnis Grenzen für Anzahl und Zeit dieses Kontos anheben.",
    "ldap.changed": "Das Verzeichnis wurde gerade geändert; der Postlotse fragt wieder.",
    "rights.group_address": "Im Verzeichnis die fehlende Mailadresse der Gruppe nachtragen;"
    " `postlotse rights lists fetch` nennt sie.",
    "rights.no_groups": "agency_groups, region_groups und base in [rights.ldap] prüfen.",
    "rights.drop_missing": "Den Ordner aus rights.drop einhängen, oder die Angabe berichtigen.",
    "rule.folder_gone": "Ordner wieder anlegen oder die Regel ändern, dann neu in Kraft setzen.",
    "rule.agency_gone": "Die Regel auf eine Agentur ändern, die es gibt, und neu in Kraft setzen.",
    "mail.overdue": "Rückstau ansehen: Läuft der Worker, und was meldet die Schleife `sort`?",
    "postbox.no_right": "Dem Konto Vollzugriff auf das Postfach geben; das Log nennt die Stelle.",
    "postbox.name_taken": "Im Postfach liegt etwas unter dem Namen des Ordners; umbenennen.",
    "postbox.certificate": "Zertifikat des Postfachs prüfen (`postlotse doctor`); ca_file nennt die"
    " Stelle, die es ausgestellt hat.",
    "postbox.ca_file": "Datei aus ca_file lesbar hinlegen, als PEM, und den Dienst neu starten.",
    "postbox.no_tls": "Der Server bietet kein TLS an: tls und port prüfen, sonst dort einschalten.",
    "postbox.mailbox_missing": "Auf dem Server gibt es dieses Postfach nicht: mailbox berichtigen.",
    "postbox.answer_unclear": "Die Antwort ist keine eines Mailservers (Anmeldeseite, Filter?):"
    " endpoint, host und Proxy prüfen.",
    "postbox.busy": "Der Server bittet um Ruhe; der Postlotse wartet und macht dann weiter. Bleibt"
    " es so, die Betreuer des Servers nach der Drosselung (throttling policy) fragen.",
    "postbox.same_folder": "Zwei Postfächer zeigen auf denselben Ort: einen davon berichtigen.",
    "postbox.no_uidplus": "Der IMAP-Server braucht UIDPLUS (RFC 4315); dort einschalten.",
    "postbox.quiet": "Der Server bittet so lange um Ruhe; bis dahin kommt keine Post herein und"
    " nichts wird abgelegt. Seine Betreuer nach der Drosselung (throttling policy) fragen.",
    "postbox.renamed": "Den alten Namen eintragen, oder Worker anhalten und"
    " `postlotse postbox rename ALT NEU` ausführen.",
    "postbox.old_name": "Den neuen Namen in die Konfiguration eintragen und neu starten, auch"
    " `postlotse serve`.",
    "postbox.twice": "Zwei Namen, ein Postfach: einen davon aus der Konfiguration nehmen.",
    "postbox.disk": "Platz, Kontingent und Einhängung prüfen; der Postlotse versucht es weiter.",
    "postbox.away": "Erreichbarkeit des Postfachs prüfen; der Postlotse versucht es weiter.",
    "postbox.redirected": "Adresse (endpoint, token_url) prüfen: Der Server verweist woandershin.",
    "postbox.login_refused": "Zugangsdaten des Postfachs prüfen und den Dienst neu starten.",
    "postbox.no_kerberos": "Paket requests-gssapi installieren oder auth auf „ntlm“ stellen.",
    "store.away": "Datenbank prüfen; der Postlotse wartet und macht dann weiter.",
    "store.schema": "`store.url` prüfen, dann `postlotse migrate` dieser Version ausführen.",
    "keys.file": "Schlüsselring (store.keys) zurücklegen, nur für das Konto des Dienstes lesbar.",
    "keys.missing": "Den Schlüsselring mit diesem Schlüssel zurückholen; nichts ist sonst lesbar.",
    "model.missing": "`data.model` prüfen, oder `postlotse train corpus --out …` ausführen.",
    "model.version": "Modell mit dieser Version neu trainieren: `postlotse train corpus --out …`.",
    "model.signature": "`POSTLOTSE_MODEL_KEY` prüfen, sonst das Modell neu trainieren.",
    "door.port": "Port der Tür für Mailserver freimachen oder in der Konfiguration ändern.",
    "door.certificate": "Zertifikat und Schlüssel der Tür für Mailserver prüfen.",
    "task.drop_missing": "Ordner des Empfängers von Aufträgen einhängen.",
    "eakte.drop_missing": "Übergabeordner der eAkte einhängen.",
    "eakte.away": "Erreichbarkeit der eAkte prüfen; der Postlotse versucht es weiter.",
    "eakte.tls": "Zertifikate der Leitung zur eAkte prüfen (`postlotse doctor`).",
    "eakte.door": "Die eAkte lässt uns nicht ein: Adresse und Zertifikat prüfen.",
    "eakte.redirect": "Adresse der eAkte in der Konfiguration berichtigen.",
    "anchor.disk": "Platz und Rechte am Ort der Ankerdatei (trail.anchor) prüfen.",
    "anchor.unreadable": "Die Ankerdatei (trail.anchor) ist beschädigt: sichern, wie sie ist, und"
    " `postlotse trail verify --anchor DATEI` ansehen.",
    "left.disk": "Platz und Rechte am Ordner aus replies.left_notes prüfen.",
    "bug": "Protokoll ansehen und den Hersteller benachrichtigen.",
}


_ELSE: Final = "Im Log nachsehen (`round.failed`): Dort stehen Ort und Abhilfe."


def of(code: str) -> str:
    """What to do about the code; of an unknown one, where more is told. Never empty."""
    return REMEDIES.get(code, _ELSE)
