from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from rules.errors import Refused, Unreadable
from rules.texts.approved import approval_line
from store.approved.texts import APPROVALS, check, load, read_one

BODY = "Guten Tag,\n\nIhr Brief ist da.\n\nMit freundlichen Grüßen\nAgentur {agentur}\n"
HEADER = """titel: Eingang
anliegen: {concern}
kanal: alle
gueltig_ab: {start}
gueltig_bis: {end}
region: {region}
version: {version}
quelle: Weisung 202404002 Nr. 3
offenbarend: nein
betreff: Ihre Nachricht vom {{eingangstag}}
"""

Shelf = Callable[..., Path]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Puts an approved text on the shelf; returns its file."""
    (tmp_path / APPROVALS).touch()

    def put(name: str, *, body: str = BODY, **header: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        concern = "alle" if path.parent.name == "allgemein" else path.parent.name
        fields = {"concern": concern, "start": "2026-01-01", "end": "2026-12-31"}
        fields |= {"region": "alle", "version": "1"} | header
        path.write_text(HEADER.format_map(fields) + "\n" + body, "utf-8")
        approve(path)
        return path

    return put


def approve(path: Path, *, by: str = "Fachaufsicht") -> None:
    text, digest = read_one(path)
    entry = approval_line(
        text, sha256=digest, author="Redaktion", approved_by=by, approved_on=date(2026, 1, 1)
    )
    with (path.parent.parent / APPROVALS).open("a", encoding="utf-8") as file:
        file.write(entry)


def codes(folder: Path) -> list[str]:
    return [finding.code for finding in check(folder)]


def test_approved_texts_are_loaded_with_their_hash(tmp_path: Path, shelf: Shelf) -> None:
    path = shelf("au/eingang.txt")
    shelf("allgemein/weg.txt")
    loaded = load(tmp_path)
    assert [text.id for text in loaded.all()] == ["allgemein.weg", "au.eingang"]
    kept = loaded.shelved("au.eingang")
    assert kept.sha256 == sha256(path.read_bytes()).hexdigest()
    assert (kept.approval.author, kept.approval.approved_by) == ("Redaktion", "Fachaufsicht")


def test_one_changed_comma_is_refused_with_path_and_remedy(tmp_path: Path, shelf: Shelf) -> None:
    path = shelf("au/eingang.txt")
    shelf("au/zweiter.txt")
    path.write_bytes(path.read_bytes().replace(b"Guten Tag,", b"Guten Tag;", 1))
    with pytest.raises(Refused) as caught:
        load(tmp_path)
    assert caught.value.code == "text.not_approved"
    assert [finding.path for finding in check(tmp_path)] == ["au/eingang.txt"] * 2
    assert codes(tmp_path) == ["form.greeting", "text.changed"]


def test_all_faults_are_told_at_once(tmp_path: Path, shelf: Shelf) -> None:
    changed = shelf("au/eingang.txt")
    changed.write_bytes(changed.read_bytes().replace(b"Brief", b"Bild"))
    shelf("au/weg.txt").unlink()
    (tmp_path / "au" / "neu.txt").write_bytes(changed.read_bytes())
    (tmp_path / "au" / "kaputt.txt").write_bytes(b"\xff")
    (tmp_path / "kaffee").mkdir()
    (tmp_path / "kaffee" / "pause.txt").write_bytes(changed.read_bytes())
    assert {finding.path: finding.code for finding in check(tmp_path)} == {
        "au/eingang.txt": "text.changed",
        "au/kaputt.txt": "text.encoding",
        "au/neu.txt": "text.approval_missing",
        "kaffee/pause.txt": "text.path",
        APPROVALS: "text.file_missing",
    }


def test_what_the_linter_finds_keeps_a_text_off_the_shelf(tmp_path: Path, shelf: Shelf) -> None:
    shelf("au/eingang.txt", body=BODY.replace("Ihr Brief", "Ihre Krankmeldung"))
    assert codes(tmp_path) == ["disclosure.health"]


def test_an_approval_by_the_author_counts_for_nothing(tmp_path: Path, shelf: Shelf) -> None:
    shelf("au/eingang.txt")
    approvals = tmp_path / APPROVALS
    approvals.write_text(approvals.read_text("utf-8").replace("Fachaufsicht", "Redaktion"))
    assert codes(tmp_path) == ["text.same_person"]


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("[[text]", "text.approvals"),
        ("text = 1", "text.approvals"),
        ('[[text]]\nid = "au.eingang"', "text.approvals"),
        (
            (
                '[[text]]\nid = "a"\nversion = "1"\nsha256 = ""\nauthor = "a"\napproved_by = "b"\n'
                "approved_on = 2026-01-01"
            ),
            "text.approvals",
        ),
    ],
)
def test_approvals_out_of_form_are_told(tmp_path: Path, entry: str, code: str) -> None:
    (tmp_path / APPROVALS).write_text(entry)
    assert code in codes(tmp_path)


def test_a_version_approved_twice_is_told(tmp_path: Path, shelf: Shelf) -> None:
    approve(shelf("au/eingang.txt"), by="Jemand anderes")
    assert codes(tmp_path) == ["text.approvals"]


def test_a_version_that_exists_twice_is_told(tmp_path: Path, shelf: Shelf) -> None:
    path = shelf("au/eingang.txt")
    (tmp_path / "au" / "eingang.v1.txt").write_bytes(path.read_bytes())
    assert codes(tmp_path) == ["text.doubled"]


def test_an_empty_folder_and_a_missing_one_are_faults(tmp_path: Path) -> None:
    assert codes(tmp_path) == ["text.file_unreadable"]
    (tmp_path / APPROVALS).touch()
    assert codes(tmp_path) == ["text.none"]


@pytest.mark.parametrize("name", ["au/Eingang.txt", "au/eingang.v0.txt", "au/eingang.txt.txt"])
def test_a_file_name_has_its_form(tmp_path: Path, shelf: Shelf, name: str) -> None:
    shelf("au/eingang.txt").rename(tmp_path / name)
    assert "text.path" in codes(tmp_path)


def test_folder_and_version_must_fit_the_header(tmp_path: Path, shelf: Shelf) -> None:
    path = shelf("au/eingang.txt")
    (tmp_path / "rente").mkdir()
    for name in ("rente/eingang.txt", "au/eingang.v2.txt"):
        (tmp_path / name).write_bytes(path.read_bytes())
        with pytest.raises(Refused) as caught:
            read_one(tmp_path / name)
        assert caught.value.code == "text.path"


def test_one_file_is_read_without_approval_for_the_one_who_approves(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        read_one(tmp_path / "au" / "fehlt.txt")
    assert caught.value.code == "text.file_unreadable"
    (tmp_path / "au").mkdir()
    (tmp_path / "au" / "leer.txt").touch()
    with pytest.raises(Unreadable):
        read_one(tmp_path / "au" / "leer.txt")


@pytest.mark.parametrize(
    ("day", "region", "version"),
    [
        (date(2025, 12, 31), "Nord", None),
        (date(2026, 5, 31), "Nord", 1),
        (date(2026, 6, 30), "Nord", 2),
        (date(2026, 7, 1), "Nord", 2),
        (date(2026, 7, 1), "Südwest", None),
        (date(2027, 1, 1), "Nord", None),
    ],
)
def test_the_version_valid_on_the_day_and_in_the_region_is_offered(
    tmp_path: Path, shelf: Shelf, day: date, region: str, version: int | None
) -> None:
    shelf("au/eingang.v1.txt", end="2026-06-30", region="Nord, Ost")
    shelf("au/eingang.txt", version="2", start="2026-06-01", region="Nord")
    shelf("au/anfang.txt", start="2030-01-01", end="2030-01-02")
    offered = {text.id: text.version for text in load(tmp_path).valid(day, region)}
    assert offered.get("au.eingang") == version


def test_old_versions_stay_readable_for_the_proof(tmp_path: Path, shelf: Shelf) -> None:
    shelf("au/eingang.v1.txt")
    shelf("au/eingang.txt", version="2")
    loaded = load(tmp_path)
    assert loaded.get("au.eingang").version == 2
    assert loaded.get("au.eingang", 1).version == 1
    assert [text.version for text in loaded.versions("au.eingang")] == [1, 2]
    assert loaded.versions("au.fehlt") == ()


@pytest.mark.parametrize(("text_id", "version"), [("au.fehlt", None), ("au.eingang", 3)])
def test_what_is_not_on_the_shelf_is_refused(
    tmp_path: Path, shelf: Shelf, text_id: str, version: int | None
) -> None:
    shelf("au/eingang.txt")
    with pytest.raises(Refused) as caught:
        load(tmp_path).get(text_id, version)
    assert caught.value.code == "text.unknown"
