"""What is wrong with a text: its own words, and what it says beside the approved ones.

Source: F40-F42, F45; own decisions 0052, 0096.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rules.errors import Refused
from rules.rulesets.finding import Finding, has_errors
from rules.texts.approved import Text
from rules.texts.file import parse_text
from rules.texts.language import parts_of
from rules.texts.lint import is_readable, lint_text
from store.approved.text_versions import TextVersion
from triage.house import House


@dataclass(frozen=True, slots=True)
class Checked:
    """A typed text with what is wrong with it; `text` None where it can't be kept as a draft."""

    typed: str
    text: Text | None
    findings: tuple[Finding, ...]


def of_typed(house: House, text_id: str, typed: str) -> Checked:
    """Everything that is wrong with a typed text as of today."""
    findings = lint_text(
        typed,
        text_id=text_id,
        today=house.today(),
        may_disclose=house.policy.discloses_after_check,
    )
    if not is_readable(findings):
        return Checked(typed, None, findings)
    text = parse_text(typed.encode(), id=text_id)
    more = (*_code_taken(house, text), *_second_faults(house, text))
    return Checked(typed, text, (*findings, *more))


def of_version(house: House, version: TextVersion) -> Checked:
    """A kept version with what is wrong with it as of today."""
    return of_typed(house, version.text_id, version.data)


def require_clean(house: House, version: TextVersion) -> None:
    """Raises: Refused: `text.findings`."""
    checked = of_version(house, version)
    if checked.text is None or has_errors(checked.findings):
        raise with_findings(checked.findings)


def with_findings(findings: tuple[Finding, ...]) -> Refused:
    """What is raised where a text with these findings can't go on."""
    first = next((one for one in findings if has_errors([one])), findings[0])
    return Refused(
        "text.findings",
        f"The text has {len(findings)} finding(s), the first in line {first.line} [{first.code}];"
        " details name them all, POST /v1/admin/texts/check their remedies.",
        findings=[
            {"code": one.code, "line": one.line, "level": one.level.value} for one in findings
        ],
    )


def _code_taken(house: House, text: Text) -> tuple[Finding, ...]:
    """A short code leads to one text. Source: F45."""
    day = house.today()
    others = (
        one
        for region in (text.regions or ("", *house.directory.region_names()))
        for one in house.shelf().valid(day, region)
    )
    code = text.short_code.casefold()
    taken = next(
        (one for one in others if code and one.short_code.casefold() == code and one.id != text.id),
        None,
    )
    if taken is None:
        return ()
    said = f"Das Kürzel „{text.short_code}“ hat schon der Text „{taken.title}“."
    return (Finding("code.taken", 0, said, "Ein anderes wählen."),)


def _second_faults(house: House, text: Text) -> Iterator[Finding]:
    """A second text says what an approved version says, and needs no value that it has not.

    Source: own decision 0096.
    """
    first_id, language = parts_of(text.id)
    if language is None:
        return
    versions = {one.version: one for one in house.shelf().versions(first_id)}
    found = versions.get(text.to_version)
    if found is None:
        said = f"Fassung {text.to_version} von „{first_id}“ ist nicht freigegeben."
        yield Finding("second.first", 0, said, "„zu_fassung“ und Kennung prüfen.")
        return
    if more := sorted(set(text.gaps) - set(found.gaps)):
        said = f"Der deutsche Text hat keinen Platzhalter {', '.join(more)}."
        yield Finding("second.gaps", 0, said, "Nur Platzhalter des deutschen Textes benutzen.")
