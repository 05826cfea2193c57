"""A whole house with content sealed: the way runs as ever, and the database tells no sentence."""

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from rules.errors import TryLater
from store.database import connections
from store.database.columns import metadata
from store.database.connections import file_of, parse_url
from store.database.engine import Database
from store.database.seals import Keys, SealRing, written
from store.mails import originals
from tests import one_sorter
from tests.house_fixture import ADMIN
from tests.triage import sweep_world
from tests.triage.sweep_world import ANSWERED, MACHINE, OPEN, PAID, WAIVED
from tests.triage.way import bring_in, states
from triage import person, seal_keys
from triage.cli.app import app
from triage.doctor import safe as doctor_safe
from triage.sweep import outside as sweep_outside
from triage.sweep import proof as sweep_proof

SENTENCES = (
    b"Bitte auf DE02120300000000202051", b"DE02120300000000202051", b"123A456789",
    b"Kann leider nicht", b"Zahnarzt", b"der Schwester", b"Bin bis Montag", b"Schlehensee",
    b"Noch offen",
)  # fmt: skip
"""What stands in the mails' texts; subjects and senders are not sealed (docs/security.md)."""


@pytest.fixture
def sealed_house(house, url, tmp_path):
    path = tmp_path / "ring.toml"
    seal_keys.add(path, "k1")
    made = replace(house, db=Database.open(url, ring=SealRing(path)))
    yield made
    made.db.close()


def everything(url: str) -> bytes:
    """All bytes of the database: SQLite's files, or each value of each row of PostgreSQL."""
    file = file_of(parse_url(url))
    if file is not None:
        beside = file.parent.glob(f"{file.name}*")
        return b"".join(one.read_bytes() for one in beside)
    engine = connections.open_engines(parse_url(url))[0]
    with engine.connect() as connection:
        found = [
            value if isinstance(value, bytes) else str(value).encode()
            for table in metadata.sorted_tables
            for row in connection.execute(sa.select(table))
            for value in row
        ]
    engine.dispose()
    return b"\n".join(found)


def test_the_whole_way_runs_and_no_sentence_lies_in_the_database(
    sealed_house, box, lease, clock, tmp_path, url
):
    world = sweep_world.build(sealed_house, box, lease, clock, tmp_path / "outside")
    packed = [originals.compressed(m) for m in (PAID, ANSWERED, WAIVED, MACHINE, OPEN)]
    data = everything(url)
    assert [needle for needle in (*SENTENCES, *packed) if needle in data] == []
    assert person.find(world.house, ADMIN, person.named(number="123A456789")) == (1,)
    number = world.sweep()
    sweep_outside.from_postbox(world.house, world.box, world.lease)
    assert sweep_proof.proof(world.house, ADMIN, number).is_complete


def test_without_sealing_the_same_sentences_lie_there(house, box, lease, clock, tmp_path, url):
    sweep_world.build(house, box, lease, clock, tmp_path / "outside")
    assert b"123A456789" in everything(url)


def test_a_mail_whose_key_is_away_waits_and_is_not_set_aside(sealed_house, box, lease, tmp_path):
    path = tmp_path / "ring.toml"
    before = path.read_text()
    bring_in(sealed_house, box, lease)
    box.append("INBOX", ANSWERED)
    from triage import receive

    receive.receive(sealed_house, box, lease, region="Südwest")
    path.write_text(written(Keys("k2", {"k2": b"x" * 32})))
    with pytest.raises(TryLater, match="k1"):
        one_sorter.sort_pending(sealed_house)
    assert states(sealed_house) == {"kept": 1}
    [found] = [one for one in doctor_safe.keys(sealed_house) if one.grade.value == "bad"]
    assert "k1" in found.message
    path.write_text(before)
    one_sorter.sort_pending(sealed_house)
    assert states(sealed_house) == {"sorted": 1}


def test_the_commands_make_rotate_and_drop_a_key_and_show_none(tmp_path, sqlite_url):
    file = tmp_path / "postlotse.toml"
    file.write_text(f'[store]\nurl = "{sqlite_url}"\nkeys = "ring.toml"\n')
    (tmp_path / "ring.toml").touch(mode=0o600)
    told = ""

    def run(*words: str, code: int = 0) -> str:
        nonlocal told
        result = CliRunner().invoke(app, ["keyring", *words, "--config", str(file)])
        assert result.exit_code == code, result.output
        told += result.output
        return result.output

    run("add", "k1")
    run("add", "k2")
    tables = [json.loads(line)["table"] for line in run("rotate", "--json").splitlines()]
    assert set(tables) == {"original", "verdict", "outgoing"}
    lines = [json.loads(line) for line in run("status", "--json").splitlines()]
    assert [(one["key"], one["active"]) for one in lines] == [("k1", False), ("k2", True)]
    run("choose", "none")
    run("choose", "k1")
    run("drop", "k2")
    ring = SealRing(tmp_path / "ring.toml").keys()
    assert (ring.active, set(ring.by_id)) == ("k1", {"k1"})
    assert not any(
        line.split(" = ")[1].strip('"') in told for line in written(ring).splitlines()[3:]
    )
    file.write_text(f'[store]\nurl = "{sqlite_url}"\n')
    result = CliRunner().invoke(app, ["keyring", "add", "k3", "--config", str(file)])
    assert result.exception.code == "keys.none"
