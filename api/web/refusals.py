"""What a person reads for each refusal that a page can show: what was refused, and what now.

The error's own message is English and for programs; no page shows it. A sentence may name details
of the error in braces. `tests/house/test_house_refusals.py` holds that no code is left out.
Source: desk guide, "Wording"; own decision 0139.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from api.web import days
from rules.errors import HouseError
from rules.rights import csv_faults
from rules.texts.placeholders import WHITELIST, Kind

_ITEMS: Final = {
    "item.changed": "Seit dem Laden der Seite hat sich an diesem Vorgang etwas geändert. Laden Sie"
    " ihn neu.",
    "item.exists": "Zu dieser Nachricht gibt es schon einen Vorgang. Öffnen Sie ihn.",
    "item.handover_not_owed": "Der Vorgang ist nicht zahlungsrelevant. Ändern Sie zuerst die"
    " Einordnung, wenn er an die eAkte gehört.",
    "item.lease_stale": "Der Vorgang gehört Ihnen nicht mehr. Öffnen Sie ihn noch einmal.",
    "item.not_handed_over": "Die Übergabe ist nicht unterwegs, eine Quittung käme nie."
    " Übergeben Sie den Vorgang noch einmal, oder begründen Sie, warum er nicht"
    " zahlungsrelevant ist.",
    "item.not_waiting": "Der Vorgang wartet nicht mehr. Nehmen Sie den nächsten.",
    "item.nothing_to_undo": "Die Zeit zum Rückgängigmachen ist um, oder jemand hat seither an dem"
    " Vorgang gearbeitet.",
    "item.open_claim": "Sie haben schon einen Vorgang in Arbeit. Schließen Sie ihn ab, parken Sie"
    " ihn, oder legen Sie ihn zurück.",
    "item.park_day": "Geparkt wird bis zu einem Tag nach heute.",
    "item.park_too_far": "Geparkt wird höchstens ein Jahr. Schreiben Sie einen näheren Tag.",
    "item.precondition": "Der Vorgang ist schon weiter. Laden Sie ihn neu.",
    "item.proof_duty": "Dieses Anliegen ist nachzuweisen. Wählen Sie einen anderen Grund.",
    "item.reason_too_short": "Hier ist eine Begründung nötig, mindestens 10 Zeichen.",
    "item.receipt_missing": "Die eAkte-Quittung steht aus. Warten Sie auf die Quittung,"
    " oder begründen Sie, warum der Vorgang nicht zahlungsrelevant ist.",
    "item.number_not_named": "Diese Kundennummer steht nicht in der Mail. Berichtigen Sie sie"
    " zuerst unter „Ändern“, dann übergeben Sie.",
    "item.number_unclear": "Die Kundennummer in der Mail ist vielleicht die einer anderen Person."
    " Kreuzen Sie sie bei „In wessen Akte?“ an, oder berichtigen Sie sie unter „Ändern“.",
    "item.several_numbers": "In der Mail stehen mehrere Kundennummern. Kreuzen Sie bei „In wessen"
    " Akte?“ an, wen sie betrifft, oder berichtigen Sie die eine richtige unter „Ändern“.",
    "item.state": "Der Vorgang ist schon weiter. Laden Sie ihn neu.",
    "item.unknown": "Diesen Vorgang gibt es nicht, oder nicht für Sie.",
    "agency.unknown": "Diese Agentur gibt es nicht. Wählen Sie sie aus der Liste.",
    "attachment.unknown": "Diese Anlage gibt es nicht. Laden Sie den Vorgang neu.",
    "picture.infected": "Der Virenscanner hat in dieser Anlage Schadsoftware gefunden; sie wird"
    " nicht angezeigt.",
    "postbox.not_full": "Dieses Postfach ist im Probebetrieb: Von hier geht noch nichts hinaus."
    " Antworten Sie aus Outlook, und legen Sie Zahlungsrelevantes von Hand in die eAkte.",
    "mail.deleted": "Der Inhalt dieser Nachricht ist gelöscht; die Aufbewahrungsfrist ist um.",
    "mail.head_only": "Von dieser Nachricht ist nur der Kopf hier. Öffnen Sie die Mail in"
    " Outlook und geben Sie sie von dort weiter; was zahlungsrelevant ist, legen Sie von Hand"
    " in die eAkte und begründen es hier.",
    "mail.not_aside": "Die Nachricht liegt nicht mehr beiseite. Laden Sie die Seite neu.",
    "mail.unknown": "Diese Nachricht gibt es nicht, oder nicht für Sie.",
    "date.unreadable": "Diesen Tag gibt es nicht, oder er ist nicht lesbar. Schreiben Sie ihn als"
    " TT.MM.JJJJ, zum Beispiel 01.12.2026.",
    "correction.empty": "Wählen Sie mindestens ein Anliegen.",
    "correction.no_concern": "Wählen Sie mindestens ein Anliegen.",
    "correction.stands_alone": "„Sonstiges“ und „Kein Anliegen“ stehen immer allein.",
    "correction.kundennummer": "Eine Kundennummer hat drei Ziffern, einen Großbuchstaben und"
    " sechs Ziffern, zum Beispiel 123A456789.",
}

_ANSWERS: Final = {
    "reply.differs": "Die Antwort weicht vom freigegebenen Wortlaut ab. Gesendet wird nur der"
    " freigegebene Text.",
    "reply.forbidden": "Auf diese Nachricht ist keine Antwort vorgesehen.",
    "reply.identity_unchecked": "Dieser Text legt etwas offen. Vermerken Sie zuerst unter"
    " „Wer schreibt?“, was Sie abgeglichen haben.",
    "reply.loop": "Die Nachricht stammt aus dem eigenen Haus und wird nicht beantwortet.",
    "reply.portal": "Die Nachricht kam über ein Formular oder das Portal, ohne Mailadresse. Eine"
    " Mail ginge an dessen Technik: Antworten Sie dort, wo sie geschrieben wurde, oder rufen Sie"
    " an.",
    "reply.recipient": "An diese Absenderadresse kann keine Antwort gehen. Nutzen Sie einen anderen"
    " Weg.",
    "reply.sender": "Die Absenderadresse der Antworten ist nicht richtig eingerichtet. Wenden Sie"
    " sich an die Technik.",
    "reply.not_the_shown": "Nichts gesendet: In der Liste war etwas anderes gewählt als der Text,"
    " der hier steht. Wählen Sie noch einmal, und lesen Sie ihn, bevor Sie senden.",
    "reply.too_long": "Der Entwurf hat mehr als {most} Wörter und wird nicht verglichen. Kürzen Sie"
    " ihn.",
    "reply.too_many": "An diese Adresse gingen heute schon so viele Antworten, wie ein Tag"
    " erlaubt. Rufen Sie an, oder antworten Sie morgen.",
    "task.reason_too_short": "Schreiben Sie in ein paar Worten, warum der Auftrag entfällt.",
    "task.none": "Aufträge an andere Stellen sind hier nicht eingerichtet.",
    "task.not_offered": "Dieser Auftrag passt nicht zum Anliegen. Ändern Sie die Einordnung.",
    "task.kundennummer_missing": "Der Empfänger braucht die Kundennummer. Tragen Sie sie unter"
    " „Einordnung ändern“ ein.",
    "task.other_concerns": "In der Nachricht steht noch etwas anderes, das diese Stelle nichts"
    " angeht. Antworten Sie mit der zuständigen Stelle, oder ändern Sie die Einordnung.",
    "task.not_called": "Vor dem Termin steht ein Anrufversuch. Bestätigen Sie ihn.",
    "task.claim_start_missing": "Tragen Sie den voraussichtlichen Anspruchsbeginn ein.",
    "task.incomplete": "Das Ticket gibt es nur bei vollständigem Antrag. Fordern Sie an, was"
    " fehlt.",
    "task.left": "Der Auftrag ist schon hinaus oder wird gerade gesendet. Zurückgenommen wurde"
    " nichts. Wenden Sie sich an den Empfänger, wenn er entfallen soll.",
    "task.not_left": "Die Weiterleitung ist noch nicht hinaus. Parken Sie den Vorgang, oder"
    " warten Sie einen Moment.",
    "task.too_early": "Das Ticket darf frühestens am {earliest} hinaus. Parken Sie den Vorgang bis"
    " dahin.",
    "task.unknown": "Diesen Auftrag gibt es an dem Vorgang nicht. Laden Sie ihn neu.",
    "outgoing.not_sent": "Noch einmal gesendet wird nur, was gesendet ist und keine Quittung hat."
    " Laden Sie die Seite neu: Vielleicht ist die Quittung eben gekommen.",
    "outgoing.overtaken": "Diese Übergabe wurde inzwischen neu beauftragt. Senden Sie die neuere"
    " desselben Vorgangs noch einmal.",
    "outgoing.reason": "Eine Begründung hat {shortest} bis {longest} Zeichen: wer sagt, dass nichts"
    " ankam, und seit wann.",
    "outgoing.not_dead": "Dieser Ausgang ist nicht liegen geblieben; noch einmal gesendet wird nur,"
    " was liegen blieb. Laden Sie die Seite neu.",
    "outgoing.unknown": "Diesen Ausgang gibt es nicht, oder nicht für Sie.",
}

_TEXTS: Final = {
    "access.denied wider_text": "Dieser Text gilt nicht nur in Ihrer Region. Setzen Sie „region“"
    " auf Ihre Region, oder wenden Sie sich an die zentrale Redaktion.",
    "text.body": "Nach dem Kopf kommen eine leere Zeile, der Text und am Ende ein Zeilenende.",
    "text.changed": "Der Text wurde inzwischen geändert. Laden Sie ihn neu, und entscheiden Sie"
    " dann.",
    "text.discloses": "Dieser Text legt etwas offen und geht hier nicht per Mail hinaus. Wählen Sie"
    " einen anderen.",
    "text.encoding": "Im Text steht ein Zeichen, das nicht darstellbar ist. Schreiben Sie die"
    " Stelle neu.",
    "text.exists": "Fassung {version} von „{text}“ gibt es schon. Laden Sie die Seite neu.",
    "text.expired": "Dieser Text galt bis {valid_to}. Wählen Sie einen anderen.",
    "text.findings": "Die Prüfung hat etwas gefunden; es steht mit seiner Zeile bei der Prüfung.",
    "text.header": "Der Kopf des Textes ist nicht lesbar. Die Prüfung nennt die Zeile.",
    "text.no_second": "Einen Text in dieser Sprache gibt es dazu heute nicht. Wählen Sie nur den"
    " deutschen.",
    "text.not_valid": "Dieser Text gilt heute in dieser Region nicht. Wählen Sie einen anderen.",
    "text.open_draft": "Fassung {version} von „{text}“ ist noch in Arbeit. Bringen Sie erst sie zu"
    " Ende, oder ziehen Sie sie zurück.",
    "text.placeholder_extra": "In diesem Text ist kein Platz für: {placeholders}.",
    "text.placeholder_missing": "Es fehlt noch: {placeholders}.",
    "text.placeholder_type": "„{placeholder}“ passt nicht. Erwartet wird: {kind}.",
    "text.placeholder_type agency": "So heißt keine Agentur für Arbeit. Schreiben Sie nur ihren"
    " Namen, zum Beispiel Köln.",
    "text.placeholder_unknown": "Einen dieser Platzhalter gibt es nicht. Laden Sie den Vorgang"
    " neu.",
    "text.reason": "Hier ist ein Grund nötig, {shortest} bis {longest} Zeichen.",
    "text.retired": "Dieser Text wurde zurückgezogen. Wählen Sie einen anderen.",
    "text.same_person": "Wer an einer Fassung geschrieben hat, gibt sie nicht selbst frei. Eine"
    " zweite Person muss das tun.",
    "text.step": "Die Fassung ist schon weiter; dieser Schritt geht von dort aus nicht. Laden Sie"
    " sie neu, und entscheiden Sie dann.",
    "text.unknown": "Den Text „{text}“ gibt es in dieser Fassung heute nicht.",
    "text.version": "Freigegeben ist inzwischen Fassung {version}. Prüfen Sie den neuen Wortlaut.",
}

_RULES: Final = {
    "access.denied other_region": "Dieser Regelsatz gehört nicht zu Ihrer Region. Wenden Sie sich"
    " an deren Leitung.",
    "ruleset.changed": "An den Regeln hat sich inzwischen etwas geändert. Laden Sie die Seite neu,"
    " und entscheiden Sie dann.",
    "ruleset.day": "Ab {day} geht nicht: Der Tag ist vorbei oder liegt außerhalb von „gilt_ab“ und"
    " „gilt_bis“ des Regelsatzes. Wählen Sie einen anderen.",
    "ruleset.findings": "Der Regelsatz hat noch Fehler. Die Prüfung nennt Zeile und Abhilfe.",
    "ruleset.none_in_force": "In dieser Region gilt kein eigener Regelsatz; es gibt nichts"
    " zurückzunehmen.",
    "ruleset.same_person": "Wer an einem Regelsatz geschrieben hat, setzt ihn nicht selbst in"
    " Kraft. Eine zweite Person muss das tun.",
    "ruleset.unknown": "Diesen Regelsatz gibt es in dieser Version nicht.",
    "relearn.corrected_again": "Inzwischen wurde noch einmal korrigiert. Sehen Sie an, was jetzt"
    " dort steht.",
    "relearn.no_correction": "Hier wartet keine Korrektur mehr auf eine Bestätigung.",
    "relearn.reason_too_short": "Eine Begründung hat mindestens {shortest} Zeichen.",
    "relearn.same_person": "Sie haben diese Nachricht selbst korrigiert. Bestätigen muss es"
    " jemand anderes.",
    "postbox.no_rules": "Von diesem Postfach lassen sich keine Regeln lesen.",
}

_RIGHTS: Final = {
    "finding.unknown": "Diesen Befund gibt es nicht mehr. Sehen Sie die neueste Prüfung an.",
    "plan.unknown": "Einen Plan {plan} gibt es nicht, oder nicht in Ihren Regionen.",
    "postbox.unknown": "In Ihren Regionen gibt es kein Postfach dieses Namens.",
    "region.unknown": "Diese Region gibt es nicht, oder nicht für Sie.",
    "rights.chain_incomplete": "Es fehlen noch: {missing}. Warten Sie darauf, oder begründen Sie in"
    " mindestens 10 Zeichen.",
    "rights.csv": "Die Datei wurde nicht übernommen:\n{errors}",
    "rights.empty_plan": "Es gibt nichts, was ein Plan richtigstellen könnte.",
    "rights.folder_unknown": "Den Ordner „{folder}“ hat die letzte Prüfung nicht gesehen. Prüfen"
    " Sie neu.",
    "rights.group_address": "Nichts wurde übernommen. Diese Gruppen haben im Verzeichnis keine"
    " Mailadresse; lassen Sie sie dort nachtragen: {groups}.",
    "rights.keep_day": "Der Tag liegt zwischen heute und heute in einem Jahr.",
    "rights.level_unknown": "Die Stufe „{level}“ gibt es nicht. Schreiben Sie zum Beispiel"
    " Bearbeiter oder Prüfer.",
    "rights.lists_changed": "Das Verzeichnis sagt inzwischen anderes. Sehen Sie den neuen Vergleich"
    " an.",
    "rights.newer_audit": "Das Postfach wurde inzwischen neu geprüft. Sehen Sie die Befunde noch"
    " einmal an.",
    "rights.no_audit": "Dieses Postfach wurde noch nicht geprüft. Prüfen Sie zuerst.",
    "rights.no_folder": "Wählen Sie mindestens einen Ordner aus.",
    "rights.no_groups": "Das Verzeichnis kennt für diese Region keine Gruppe. Wenden Sie sich an"
    " die Technik.",
    "rights.no_lists": "Für {region} ist noch kein Verteiler gemeldet.",
    "rights.no_round": "In {region} läuft keine Prüfrunde.",
    "rights.not_approved": "Plan {plan} ist nicht freigegeben. Eine zweite Person gibt ihn frei.",
    "rights.undo_late": "Plan {plan} ließ sich nur {days} Tage lang zurücknehmen. Wer Rechte wieder"
    " haben soll, muss auf seinem Verteiler stehen: neu prüfen und einen Plan vorschlagen.",
    "rights.nothing_to_undo": "Plan {plan} hat nichts geändert, was zurückzunehmen wäre.",
    "rights.plan_not_named": "Plan {plan} entstand nach einem Zurückspielen der Datenbank; die"
    " Nummer kann vorher ein anderer gehabt haben. Öffnen Sie ihn auf seiner Seite.",
    "rights.plan_state": "Plan {plan} ist schon weiter. Laden Sie die Seite neu, und entscheiden"
    " Sie dann.",
    "rights.plan_waits": "Plan {plan} ist freigegeben und noch nicht ausgeführt. Führen Sie zuerst"
    " ihn aus.",
    "rights.read_only": "Rechte werden hier nur gelesen. Ob Postlotse sie auch schreibt, stellt die"
    " Technik ein.",
    "rights.reason_too_short": "Eine Begründung hat mindestens {shortest} Zeichen.",
    "rights.round_order": "Die Fristen stehen nicht in der Reihenfolge Agentur, Regionaldirektion,"
    " Service Center. Berichtigen Sie die Tage.",
    "rights.same_person": "Den Plan gibt eine andere Person frei als die, die ihn vorgeschlagen"
    " hat.",
    "unit.unknown": "{unit} gehört nicht zu dieser Meldekette.",
}

_ADMIN: Final = {
    "access.machine": "Hier entscheidet eine zweite Person, kein Programm. Melden Sie sich an.",
    "events.cursor_ahead": "Die Datenbank wurde zurückgesetzt. Laden Sie die Seite neu.",
    "figures.period": "Der Zeitraum beginnt mit seinem ersten Tag und hat höchstens {longest}"
    " Tage.",
    "filing.changed": "Die Nachricht wird schon noch einmal abgelegt, oder jemand hat sie"
    " verschoben.",
    "filing.unknown": "Diese Ablage gibt es nicht mehr. Laden Sie die Seite neu.",
    "halt.none": "Es läuft schon weiter. Zu tun ist nichts.",
    "halt.reason": "Schreiben Sie in ein paar Worten, warum angehalten wird.",
    "halt.stands": "Es ist schon angehalten. Grund und Zeitpunkt stehen oben auf jeder Seite.",
    "hold.changed": "Löschsperre {hold} ist nicht die, die Sie gelesen haben. Sie gilt weiter."
    " Sehen Sie die Liste noch einmal an.",
    "hold.not_named": "Die Löschsperre entstand nach einem Zurückspielen der Datenbank; die Nummer"
    " kann vorher eine andere gehabt haben. Öffnen Sie „Löschung“ noch einmal.",
    "hold.target": "Eine Sperre gilt für eine Nachricht, deren Nummer aus Ziffern besteht, oder für"
    " ein Postfach. Nennen Sie eines von beiden.",
    "hold.unknown": "Eine Löschsperre {hold} gilt nicht (mehr).",
    "mail.on_its_way": "Zu Nachricht {message_id} ist noch etwas hinauszusenden. Erst danach wird"
    " sie gelöscht.",
    "person.nothing": "Zu diesen Angaben liegt nichts vor.",
    "sweep.busy": "Ein Löschlauf ist gerade unterwegs. Versuchen Sie es später noch einmal.",
    "sweep.changed": "Seit der Vorschau hat sich etwas geändert. Sehen Sie sie noch einmal an.",
    "sweep.not_named": "Der Löschlauf entstand nach einem Zurückspielen der Datenbank; die Nummer"
    " kann vorher ein anderer gehabt haben. Öffnen Sie „Löschung“ noch einmal.",
    "sweep.nothing": "Heute darf nichts gelöscht werden.",
    "sweep.own_plan": "Diese Löschung gibt nur eine zweite Person frei.",
    "sweep.reference": "Schreiben Sie ein Aktenzeichen, 1 bis {longest} Zeichen, ohne Namen und"
    " Adressen.",
    "sweep.state": "Löschlauf {plan} ist schon weiter. Öffnen Sie „Löschung“ noch einmal.",
    "sweep.unknown": "Einen Löschlauf {plan} gibt es nicht.",
    "writing.stopped": "Schreiben ist angehalten. Die Technik gibt es wieder frei.",
}

_EXPECTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        Kind.DATE: "ein Tag wie 20.11.2026",
        Kind.DATE_TIME: "Tag und Uhrzeit wie 02.12.2026 10:30",
        Kind.NAME: "ein Name ohne Ziffern, höchstens 60 Zeichen",
        Kind.ADDRESS: "Straße Nummer, PLZ Ort",
        Kind.PHONE: "eine Rufnummer aus Ziffern und Leerzeichen",
        Kind.LINK: "eine Adresse, die mit https:// beginnt",
    }
)
"""What a placeholder takes. A StrEnum's member is found by its value."""

SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    _ITEMS | _ANSWERS | _TEXTS | _RULES | _RIGHTS | _ADMIN
)
"""By code; where one code has several reasons, also by code and the detail `why`."""


def sentence(code: str, details: Mapping[str, object]) -> str | None:
    """The sentence for this refusal, its details filled in; None where the code has none."""
    found = SENTENCES.get(f"{code} {details.get('why', '')}") or SENTENCES.get(code)
    return found and found.format_map({key: _shown(key, value) for key, value in details.items()})


def refusal(error: HouseError) -> str:
    """What a person reads beside the form that was refused. Never the error's own message."""
    found = sentence(error.code, error.details)
    return found or f"Das geht hier nicht ({error.code}). Nichts wurde geändert."


def of_code(code: str) -> str | None:
    """The sentence for a code of which only the code was kept; None where it needs more."""
    found = SENTENCES.get(code)
    return None if found is None or "{" in found else found


def _shown(name: str, value: object) -> str:
    if name == "errors":
        return "\n".join(csv_faults.in_german(value))
    if name == "kind":
        return _EXPECTED.get(str(value), str(value))
    if isinstance(value, date):
        return days.day(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(_shown(f"one of {name}", one) for one in value)
    gap = WHITELIST.get(str(value)) if name.endswith(("placeholder", "placeholders")) else None
    return gap.label if gap else str(value)
