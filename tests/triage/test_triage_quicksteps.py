"""`postlotse quicksteps` writes what the IT-Fachbetreuer needs, with the names of the house."""

import csv
from pathlib import Path

from rules.marks import OWN_NAMES
from tests.commands import call, refusal

CONFIG = """
[marks]
in_work = "Lotse arbeitet"

[[marks.people]]
mark = "Erledigt"
effect = "done"

[[marks.people]]
mark = "Krankmeldung"
effect = "correct"
concern = "au"
"""


def test_categories_and_guide_bear_the_configured_names(tmp_path: Path) -> None:
    config, out = tmp_path / "postlotse.toml", tmp_path / "neu" / "outlook"
    config.write_text(CONFIG, encoding="utf-8")
    listed, guided = map(Path, call("quicksteps", str(out), "--config", str(config)).split())
    assert (listed.parent, guided.parent) == (out, out)
    assert listed.read_bytes().startswith(b"\xef\xbb\xbf"), "or Excel breaks the umlauts"
    with listed.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["Kategorie"]: row for row in csv.DictReader(file, delimiter=";")}
    assert list(rows) == [
        "Lotse arbeitet",
        "Postlotse: erledigt",
        "Postlotse: übergeben",
        "Erledigt",
        "Krankmeldung",
    ]
    assert len({row["Farbe"] for row in rows.values()}) == 5
    assert rows["Krankmeldung"]["Bedeutung"].endswith(": AU"), "as the folder is called"
    assert rows["Postlotse: übergeben"]["Schlüsselwort (IMAP)"] == "Postlotse_uebergeben"
    text = guided.read_text(encoding="utf-8")
    assert "Lotse arbeitet" in text
    assert "](" not in text
    assert "| Krankmeldung | berichtigt das Anliegen: AU |" in text


def test_the_page_names_our_marks_as_they_are_called_by_default(tmp_path: Path) -> None:
    """Else the command would replace nothing, and nobody would notice."""
    call("quicksteps", str(tmp_path), "--config", str(_empty(tmp_path)))
    text = (tmp_path / "leitfaden-outlook.md").read_text(encoding="utf-8")
    assert [name for name in OWN_NAMES.values() if name not in text] == []
    call("quicksteps", str(tmp_path), "--config", str(_empty(tmp_path)))


def test_a_folder_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "datei").write_text("")
    words = ("quicksteps", str(tmp_path / "datei"), "--config", str(_empty(tmp_path)))
    assert refusal(*words) == "quicksteps.folder"


def _empty(folder: Path) -> Path:
    config = folder / "postlotse.toml"
    config.write_text("", encoding="utf-8")
    return config
