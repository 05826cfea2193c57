"""Content at rest: sealed to its row, under the active key; a wrong ring is a clear error."""

import base64

import pytest
import sqlalchemy as sa

from rules.errors import HouseError
from store.database.engine import Database
from store.database.seals import Keys, SealRing, written
from store.doors import idempotency
from store.mails import keeping, originals, verdicts
from store.tables.ledger import idempotency as answers
from store.tables.ledger import original, verdict
from store.upkeep import resealing
from tests.refusals import code_of
from tests.store.samples import NOW, arrival, keep
from triage import seal_keys

MAIL = b"Subject: Konto\r\n\r\nIch wohne jetzt am Wacholderweg."
BODY = {
    "model": "m", "rules": "r", "payment_relevant": "no", "review": False,
    "concerns": [], "because": "Wacholderweg",
}  # fmt: skip


@pytest.fixture
def ring(tmp_path) -> SealRing:
    seal_keys.add(tmp_path / "ring.toml", "k1")
    return SealRing(tmp_path / "ring.toml")


@pytest.fixture
def sealed_db(url, ring):
    db = Database.open(url, ring=ring)
    yield db
    db.close()


def codecs(db: Database) -> dict[str, str]:
    with db.read() as tx:
        return dict(tx.run(sa.select(original.c.sha256, original.c.codec)).all())


def read(db: Database, sha256: str) -> bytes | None:
    with db.read() as tx:
        return originals.read(tx, sha256)


def reseal(db: Database) -> int:
    changed = 0
    for step in resealing.STEPS.values():
        after = ""
        while after is not None:
            with db.write() as tx:
                done = step(tx, after)
            changed, after = changed + done.changed, done.after
    return changed


def test_a_sealed_original_comes_out_as_it_was_and_its_name_is_that_of_the_plain_bytes(sealed_db):
    big = bytes(range(256)) * 200
    for data in (MAIL, big):
        sha256 = keep(sealed_db, data[:9].hex(), data).sha256
        assert sha256 == originals.fingerprint(data)
        assert read(sealed_db, sha256) == data
    assert sorted(codecs(sealed_db).values()) == ["plain+k1", "zlib+k1"]


def test_each_box_has_a_nonce_of_its_own(ring):
    assert ring.seal(MAIL, row="a") != ring.seal(MAIL, row="a")


def test_a_box_of_another_row_or_a_changed_one_opens_nothing(sealed_db):
    one, two = (keep(sealed_db, name, MAIL + name.encode()).sha256 for name in ("1", "2"))
    with sealed_db.write() as tx:
        stolen = tx.run(sa.select(original.c.data).where(original.c.sha256 == two)).scalar_one()
        tx.run(sa.update(original).where(original.c.sha256 == one).values(data=stolen))
        cut = sa.update(original).where(original.c.sha256 == two)
        tx.run(cut.values(data=stolen[:-1] + bytes([stolen[-1] ^ 1])))
    assert [code_of(read, sealed_db, name) for name in (one, two)] == ["keys.tampered"] * 2


def test_verdicts_and_repeated_answers_are_sealed_too(sealed_db):
    message_id = keep(sealed_db, "1", MAIL).message_id
    answer = idempotency.Answer(201, {"text": "Wacholderweg", "headers": {}})
    with sealed_db.write() as tx:
        new = verdicts.NewVerdict(message_id, "machine", "m", BODY)
        verdicts.add(tx, new, now=NOW)
        idempotency.remember(tx, "sc", key="k", request_hash="h", answer=answer, now=NOW)
    with sealed_db.read() as tx:
        raw = [
            tx.run(sa.select(column)).scalar_one() for column in (verdict.c.body, answers.c.body)
        ]
        assert all(set(one) == {"sealed"} and one["sealed"][0] == "k1" for one in raw)
        assert verdicts.latest(tx, message_id).body == BODY
        assert idempotency.look(tx, "sc", key="k", request_hash="h") == answer
        assert resealing.needing(tx, "k1") == 3
        assert resealing.needing(tx, "k") == 0


def test_a_verdict_that_is_laid_beside_another_mail_does_not_open(sealed_db):
    ids = [keep(sealed_db, name, MAIL + name.encode()).message_id for name in ("1", "2")]
    with sealed_db.write() as tx:
        for message_id in ids:
            verdicts.add(tx, verdicts.NewVerdict(message_id, "machine", "m", BODY), now=NOW)
        body = sa.select(verdict.c.body).where(verdict.c.message_id == ids[1])
        stolen = tx.run(body).scalar_one()
        tx.run(sa.update(verdict).where(verdict.c.message_id == ids[0]).values(body=stolen))
    with sealed_db.read() as tx:
        assert code_of(verdicts.latest, tx, ids[0]) == "keys.tampered"


def test_old_and_new_rows_are_readable_side_by_side_and_sealed_anew_without_restart(url, tmp_path):
    path = tmp_path / "ring.toml"
    path.write_text("")
    path.chmod(0o600)
    db = Database.open(url, ring=SealRing(path))
    names = [keep(db, "plain", MAIL).sha256]
    for key_id in ("k1", "k2"):
        seal_keys.add(path, key_id)
        names.append(keep(db, key_id, MAIL + key_id.encode()).sha256)
    assert [codecs(db)[name] for name in names] == ["zlib", "zlib+k1", "zlib+k2"]
    assert all(read(db, name) for name in names)
    assert code_of(seal_keys.drop, db, path, "k1") == "keys.in_use"
    assert [reseal(db), reseal(db)] == [2, 0]
    assert set(codecs(db).values()) == {"zlib+k2"}
    seal_keys.drop(db, path, "k1")
    assert all(read(db, name) for name in names)
    seal_keys.choose(path, "")
    assert reseal(db) == 3
    assert set(codecs(db).values()) == {"zlib"}
    db.close()


def test_what_is_deleted_meanwhile_is_not_written_back(sealed_db, tmp_path):
    kept, gone = (keep(sealed_db, name, MAIL + name.encode()).sha256 for name in ("1", "2"))
    with sealed_db.write() as tx:
        originals.erase(tx, gone, now=NOW)
    seal_keys.add(tmp_path / "ring.toml", "k2")
    assert reseal(sealed_db) == 1
    assert (read(sealed_db, gone), read(sealed_db, kept)) == (None, MAIL + b"1")


def test_a_rotation_goes_on_behind_what_was_committed(sealed_db, tmp_path, monkeypatch):
    monkeypatch.setattr(resealing, "BATCH_ROWS", 2)
    for name in "abcde":
        keep(sealed_db, name, MAIL + name.encode())
    seal_keys.add(tmp_path / "ring.toml", "k2")
    with sealed_db.write() as tx:
        assert resealing.originals_step(tx, "").changed == 2
    assert sorted(codecs(sealed_db).values()) == ["zlib+k1"] * 3 + ["zlib+k2"] * 2
    assert reseal(sealed_db) == 3


def test_a_missing_key_is_named_with_its_file_and_nothing_is_set_aside(sealed_db, tmp_path):
    sha256 = keep(sealed_db, "1", MAIL).sha256
    path = tmp_path / "ring.toml"
    before = path.read_text()
    path.write_text(written(Keys("k9", {"k9": b"x" * 32})))
    with pytest.raises(HouseError) as caught:
        read(sealed_db, sha256)
    assert (caught.value.code, caught.value.permanent) == ("keys.missing", False)
    assert caught.value.details == {"key": "k1", "path": str(path)}
    path.write_text(before)
    assert read(sealed_db, sha256) == MAIL


@pytest.mark.parametrize(
    "text",
    [
        "active = 'k1'",
        "not toml",
        "active = 'k1'\n[keys]\nk1 = 'c2hvcnQ='",
        "active = 'k1'\n[keys]\nk1 = '***'",
        "active = 'k1'\n[keys]\nk1 = 3",
        "keys = 3",
        f"[keys]\nLANG = '{base64.b64encode(b'x' * 32).decode()}'",
    ],
)
def test_a_ring_that_is_wrong_ends_the_start_and_quotes_nothing(text, tmp_path):
    path = tmp_path / "ring.toml"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(HouseError) as caught:
        SealRing(path).keys()
    assert caught.value.code == "keys.file"
    assert "c2hvcnQ" not in str(caught.value)


def test_a_ring_that_others_may_read_or_that_is_gone_is_refused(tmp_path, ring):
    assert ring.path.stat().st_mode & 0o777 == 0o600
    ring.path.chmod(0o640)
    assert code_of(SealRing(ring.path).keys) == "keys.file"
    ring.path.unlink()
    assert code_of(ring.keys) == "keys.file"


def test_names_of_keys_are_short_and_given_once(ring):
    assert code_of(seal_keys.add, ring.path, "k1") == "keys.exists"
    assert code_of(seal_keys.add, ring.path, "k-2") == "keys.name"
    assert code_of(seal_keys.choose, ring.path, "k2") == "keys.unknown"


def test_without_the_ring_nothing_is_kept(sealed_db, ring):
    ring.path.unlink()
    with pytest.raises(HouseError), sealed_db.write() as tx:
        keeping.keep(tx, arrival("1", MAIL), now=NOW)
    assert codecs(sealed_db) == {}
