"""How the commands of rule sets show findings, versions and dry runs."""

from rules.rulesets.finding import Finding
from rules.rulesets.trial import Trial
from triage.cli.console import emit, say, show
from triage.rulesets.drafts import Overview


def tell(findings: tuple[Finding, ...], *, as_json: bool) -> None:
    """One line a finding, with line, remedy and code."""
    for one in findings:
        if as_json:
            emit({"code": one.code, "level": one.level.value, "line": one.line, "rule": one.rule,
                  "message": one.message, "remedy": one.remedy})  # fmt: skip
        else:
            say(f"Zeile {one.line}: {one.message} {one.remedy} [{one.code}, {one.level.value}]")


def say_overview(found: Overview, *, as_json: bool) -> None:
    """What holds where, all versions, and the rules that are off."""
    for line in found.lines:
        planned = [f"{v.set_id}.{v.version}" if v else "-" for v, _ in line.planned]
        now = f"{line.now.set_id}.{line.now.version}" if line.now else None
        show({"region": line.region or "(all)", "now": now, "planned": planned}, as_json=as_json)
    for version in found.versions:
        state = "draft" if version.is_draft else "activated"
        row = {"id": version.set_id, "version": version.version, "state": state,
               "region": version.region, "title": version.title}  # fmt: skip
        show(row, as_json=as_json)
    for one in found.off:
        row = {"off": one.rule_id, "region": one.region, "code": one.code, "target": one.target}
        show(row, as_json=as_json)


def trial_json(found: Trial) -> dict[str, object]:
    """A dry run as one JSON value."""
    return {
        "mails": found.mails,
        "unread": found.unread,
        "moved": found.moved,
        "payment_moved": found.payment_moved,
        "changes": [
            {"before": one.before, "after": one.after, "rule": one.rule, "mails": one.mails,
             "payment": one.payment, "examples": list(one.examples)}
            for one in found.changes
        ],
        "agencies": [
            {"agency": one.agency, "before": one.before, "after": one.after}
            for one in found.agencies
        ],
        "hits": dict(found.hits),
        "held": [{"rule": rule, "law": law, "mails": n} for rule, law, n in found.held],
        "listed": [
            {"message": one.message_id, "before": one.before, "after": one.after}
            for one in found.listed
        ],
    }  # fmt: skip


def say_trial(found: Trial) -> None:
    """A dry run in lines."""
    say(f"{found.mails} mails tried, {found.unread} without content; nothing was moved")
    say(
        f"{found.moved} would lie elsewhere, {found.payment_moved} of them payment-relevant or open"
    )
    for one in found.changes:
        say(f"  {one.mails}: - {one.before}  + {one.after}  (rule {one.rule or '-'}, "
            f"{one.payment} payment; messages {', '.join(map(str, one.examples))})")  # fmt: skip
    for agency in found.agencies:
        say(f"  {agency.agency or 'no agency'}: {agency.before} -> {agency.after}")
    for rule, number in found.hits:
        say(f"  hits of {rule}: {number}")
    for rule, law, number in found.held:
        say(f"  held by the law: {rule} {number} ({law})")
