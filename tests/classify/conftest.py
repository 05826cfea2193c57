"""A small house model, trained once a session on a third of the mails of all writers but two."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from classify import reading
from classify.corpus import lines as corpus
from classify.corpus.lines import Example, LabelledMail, examples
from classify.judge import Judge
from classify.learning.train import Trained, prepare, train_part
from classify.model.model import Model
from classify.reading import Reading
from ingest.layouts import Layouts, load
from ingest.parse import parse
from rules import agencies
from rules.directory import Directory
from rules.mail import Attachment, BodyParts, ParsedMail
from rules.verdict import Judgement

ROOT = Path(__file__).parents[2]
UNSEEN_WRITERS = frozenset({"f_people", "h_country"})
WEDNESDAY = datetime(2025, 3, 12, 11, tzinfo=UTC)


def make_reading(text: str = "", **rest: object) -> Reading:
    """A parsed mail of which only what the test speaks of is set, read."""
    return reading.of(make_mail(text, **rest))


def make_mail(
    text: str = "", *, subject: str = "", sender: str = "a@b.example", **rest: object
) -> ParsedMail:
    """A parsed mail of which only what the test speaks of is set."""
    names = rest.pop("attachments", ())
    assert isinstance(names, tuple)
    return ParsedMail(
        subject=subject,
        sender=sender,
        sender_name="",
        recipients=("Kassel@arbeitsagentur.de",),
        sent_at=None,
        message_id="",
        in_reply_to="",
        references=(),
        body=BodyParts(text),
        attachments=tuple(Attachment(name, "application/pdf", 90_000, "1.2") for name in names),
        **rest,  # type: ignore[arg-type]  # each test names real fields
    )


@pytest.fixture(scope="session")
def layouts() -> Layouts:
    folder = ROOT / "domain" / "forms"
    return load({path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.toml")})


@pytest.fixture(scope="session")
def corpus_lines() -> tuple[LabelledMail, ...]:
    return corpus.read([ROOT / "corpus"])


@pytest.fixture(scope="session")
def seen(corpus_lines: tuple[LabelledMail, ...], layouts: Layouts) -> tuple[Example, ...]:
    lines = [line for line in corpus_lines if line.writer not in UNSEEN_WRITERS]
    return examples(lines[::3], lambda data: parse(data, layouts))


@pytest.fixture(scope="session")
def unseen(corpus_lines: tuple[LabelledMail, ...], layouts: Layouts) -> tuple[Example, ...]:
    lines = [line for line in corpus_lines if line.writer in UNSEEN_WRITERS]
    return examples(lines[::2], lambda data: parse(data, layouts))


@pytest.fixture(scope="session")
def trained(seen: tuple[Example, ...]) -> Trained:
    return train_part(prepare(seen), range(len(seen)), seed=7)


@pytest.fixture(scope="session")
def model(trained: Trained) -> Model:
    return trained.model


@pytest.fixture(scope="session")
def directory() -> Directory:
    folder = ROOT / "domain"
    return Directory(
        agencies.parse_agencies((folder / "agencies.csv").read_text(encoding="utf-8")),
        agencies.parse_plz((folder / "plz_agency.csv").read_text(encoding="utf-8")),
    )


@pytest.fixture(scope="session")
def judge(model: Model, directory: Directory) -> Judge:
    return Judge(model, directory)


@pytest.fixture
def ask(judge: Judge):
    def asked(mail: ParsedMail) -> Judgement:
        return judge.judge(mail, received_at=WEDNESDAY, mailbox="Kassel@arbeitsagentur.de")

    return asked


@pytest.fixture
def mail():
    return make_mail


@pytest.fixture
def read():
    return make_reading
