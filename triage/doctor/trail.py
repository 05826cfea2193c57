"""The doctor's look at the trail: whether it fits its anchor file. Cheap: a look-up a day.

The chain itself, entry by entry, is checked by `postlotse trail verify`. Source: own decision 0130.
"""

from collections.abc import Iterator

from triage.doctor.finding import Finding, bad, good, warn
from triage.house import House
from triage.settings import Settings
from triage.trail import anchor


def fits_anchor(settings: Settings, house: House) -> Iterator[Finding]:
    """Nothing where no anchor file is configured, or none is there yet."""
    path, name = settings.trail.anchor, "trail:anchor"
    if path is None or not path.exists():
        return
    found = [one for one in anchor.check(house.db, path) if one.code != "trail.restored"]
    codes = {one.code for one in found}
    if not codes:
        yield good(name, "Das Protokoll passt zu jeder Zeile der Ankerdatei.")
        return
    told = f"Ab Zeile {found[0].line} passt die Ankerdatei nicht: {', '.join(sorted(codes))}."
    if codes == {"trail.set_back"}:
        yield warn(
            name,
            f"{told} So sieht es nach einem Zurückspielen aus, das niemand vermerkt hat.",
            "Fragen, wer zurückgespielt hat; dann `postlotse trail restored --reference …`.",
        )
    elif codes == {"anchor.behind"}:
        yield warn(
            name,
            f"{told} Seither wird der Kopf des Protokolls nicht mehr vermerkt.",
            "Läuft ein Worker, und darf er an die Ankerdatei anhängen? Sonst fehlen dort Zeilen.",
        )
    else:
        yield bad(
            name,
            told,
            "Wurde zurückgespielt und fehlt noch `postlotse backup reread`: ausführen. Sonst nichts"
            " aufräumen: Datenbank, Ankerdatei und Logs sichern, IT-Sicherheit informieren.",
        )
