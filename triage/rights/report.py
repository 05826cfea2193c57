"""The review of folder permissions as one page to print, that needs nothing beside itself.

Source: F57; own decision 0039.
"""

from collections.abc import Iterable
from typing import Final

from jinja2 import Environment, StrictUndefined

from rules.local_day import BERLIN
from rules.rights.folder_findings import meaning, named, remedy, title
from rules.rights.folder_levels import in_words
from triage.house import House
from triage.rights import matrix
from triage.rights.decisions import Standing
from triage.rights.review import REVIEW_WORDS, since

BEYOND_FOLDERS: Final = (
    (
        "Get-MailboxPermission -Identity POSTFACH | Where-Object"
        ' { -not $_.IsInherited -and $_.User -notlike "NT AUTHORITY\\*" }'
    ),
    (
        "Get-Mailbox POSTFACH | Get-ADPermission | Where-Object"
        ' { $_.ExtendedRights -like "*Send-As*" -and -not $_.IsInherited }'
    ),
    "Get-Mailbox POSTFACH | Select-Object GrantSendOnBehalfTo",
)
"""What shows Full Access, Send As, Send on Behalf, which EWS can't see; in docs/rights.md, too.

Source: Microsoft, Exchange PowerShell reference (Get-MailboxPermission, Get-ADPermission).
"""

_PAGE: Final = """<!doctype html>
<html lang="de"><head><meta charset="utf-8"><title>Rechte gegen Verteiler</title><style>
body { font: 10.5pt/1.4 "Segoe UI", "Liberation Sans", Arial, sans-serif; color: #19212c;
  margin: 0 auto; max-width: 68rem; padding: 1.5rem; }
h1 { font-size: 18pt; margin: 0; } h2 { font-size: 13pt; margin: 1.6em 0 .3em; }
p { margin: .3em 0; } .m { color: #4d5766; }
table { border-collapse: collapse; width: 100%; margin: .5em 0; }
th, td { text-align: left; vertical-align: top; padding: .3em .5em;
  border-bottom: 1px solid #d6dbe1; }
th { font-size: 9pt; } tr { break-inside: avoid; } h2 { break-after: avoid; }
pre { font-size: 8.5pt; white-space: pre-wrap; overflow-wrap: anywhere; }
.sign { margin-top: 3em; display: flex; gap: 3em; }
.sign p { flex: 1; border-top: 1px solid; padding-top: .3em; }
@page { size: A4; margin: 16mm 14mm; } @media print { body { padding: 0; max-width: none; } }
</style></head><body>
<h1>Rechte gegen Verteiler</h1>
<p class="m">Stand {{ now }}. Grundlage: Weisung 202404002, Nr. 2 und 3.</p>
{% for part in parts %}
<h2>{{ part.box.name }}, Region {{ part.box.region }}</h2>
<p>{% if part.audit %}Gelesen {{ part.at }}: {{ part.audit.folders }} Ordner, {{ part.open|length }}
offene Befunde, {{ part.kept|length }} mit Begründung belassen. {{ part.sums.signed }} von
{{ part.sums.agencies }} Agenturen abgezeichnet{% if part.sums.overdue %},
{{ part.sums.overdue }} überfällig{% endif %}; {{ part.sums.folders_signed }} von
{{ part.sums.folders }} Ordnern{% if part.sums.folders_overdue %},
{{ part.sums.folders_overdue }} überfällig{% endif %}.{% else %}Noch nicht geprüft.{% endif %}</p>
{% if part.is_stale %}<p><strong>Die Verteiler wurden nach dieser Prüfung geändert.</strong> Der
Bericht gilt für die Verteiler davor.</p>{% endif %}
{% if part.open %}<table><thead><tr><th>Ordner</th><th>Befund</th><th>Wer</th><th>Ist</th>
<th>Soll</th><th>Was nun</th></tr></thead><tbody>
{% for one in part.open %}<tr><td>{{ one.folder or "Verteiler" }}</td><td>{{ title(one.code) }}</td>
<td>{{ named(one.subject) }}</td><td>{{ in_words(one.has) if one.has is not none else "–" }}</td>
<td>{{ in_words(one.wanted) if one.wanted is not none else "–" }}</td>
<td>{{ remedy(one.code) }}</td></tr>{% endfor %}
</tbody></table>{% endif %}
{% if part.kept %}<table><thead><tr><th>Belassen</th><th>Befund</th><th>Wer</th><th>Begründung</th>
<th>bis</th></tr></thead><tbody>
{% for one in part.kept %}<tr><td>{{ one.folder or "Verteiler" }}</td><td>{{ title(one.code) }}</td>
<td>{{ named(one.subject) }}</td><td>{{ part.keeps[one.key].reason }}</td>
<td>{{ part.keeps[one.key].until.strftime("%d.%m.%Y") }}</td></tr>{% endfor %}
</tbody></table>{% endif %}
<table><thead><tr><th>Agentur</th><th>Prüfung</th><th>am</th><th>Begründung</th></tr></thead><tbody>
{% for row in part.rows %}<tr><td>{{ row.code }} {{ row.name }}</td>
<td>{{ review[row.review] }}</td>
<td>{{ row.sign_off.at.astimezone(zone).strftime("%d.%m.%Y") if row.sign_off else "–" }}</td>
<td>{{ row.sign_off.reason if row.sign_off else "" }}</td></tr>{% endfor %}
</tbody></table>
<table><thead><tr><th>Ordner</th><th>Befunde</th><th>Prüfung</th><th>am</th><th>von</th>
<th>Begründung</th><th>Seither</th></tr></thead><tbody>
{% for one in part.folders %}<tr><td>{{ one.folder or "Verteiler " ~ one.agency }}</td>
<td>{{ one.open|length }}</td><td>{{ review[one.state] }}</td>
<td>{{ one.sign_off.at.astimezone(zone).strftime("%d.%m.%Y") if one.sign_off else "–" }}</td>
<td>{{ one.sign_off.actor if one.sign_off else "" }}</td>
<td>{{ one.sign_off.reason if one.sign_off else "" }}</td>
<td>{{ since(one) }}</td></tr>{% endfor %}
</tbody></table>
{% endfor %}
<p class="m">Vollzugriff, „Senden als“ und „Im Auftrag“ gelten für das ganze Postfach und stehen
nicht in den Ordnern. Die Exchange Management Shell zeigt sie:</p>
<pre>{% for line in beyond %}{{ line }}
{% endfor %}</pre>
<div class="sign"><p>Datum, Regionalleitung Service Center</p><p>Datum, zweite Person</p></div>
</body></html>
"""


def as_html(house: House, standings: Iterable[Standing]) -> str:
    """The page, with all text escaped; names of accounts only where a finding is about them."""
    parts = [_part(house, one) for one in standings]
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return made.from_string(_PAGE).render(
        parts=parts,
        now=f"{house.local_now():%d.%m.%Y, %H:%M}",
        zone=BERLIN,
        review=REVIEW_WORDS,
        since=since,
        title=title,
        named=named,
        meaning=meaning,
        remedy=remedy,
        in_words=in_words,
        beyond=BEYOND_FOLDERS,
    )


def _part(house: House, one: Standing) -> dict[str, object]:
    rows = sorted(matrix.rows(house, [one]), key=lambda row: row.code)
    at = one.audit.at.astimezone(BERLIN) if one.audit else None
    return {
        "box": one.box,
        "audit": one.audit,
        "is_stale": one.is_stale,
        "at": f"{at:%d.%m.%Y, %H:%M}" if at else "",
        "open": one.open,
        "kept": one.kept,
        "keeps": one.keeps,
        "rows": rows,
        "folders": [part for row in rows for part in row.parts if part.is_shown],
        "sums": matrix.sums(rows),
    }
