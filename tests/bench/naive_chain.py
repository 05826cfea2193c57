"""What one would write in an afternoon: the naive chain that the whole way is compared with.

One mail after the other: imap_tools with its defaults, `policy.default`, BeautifulSoup, a
calibrated scikit-learn pipeline, one durable commit a mail, and UID MOVE. No promise of the house
is kept: a mail that is read twice stops it, a move is not proven, one broken mail ends the run.
Nothing in it is slower than these libraries are by themselves.
"""

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path

from bs4 import BeautifulSoup
from imap_tools import MailBox, MailMessage
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.svm import LinearSVC

from tests.bench.dovecot_boxes import Box
from triage.demo import mails as demo_mails

TABLE = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
CREATE TABLE mail (id INTEGER PRIMARY KEY, message_id TEXT UNIQUE, raw BLOB, subject TEXT,
                   sender TEXT, body TEXT, label TEXT, score REAL);
"""
INSERT = """
INSERT INTO mail (message_id, raw, subject, sender, body, label, score)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(frozen=True, slots=True)
class _Read:
    message_id: str
    subject: str
    sender: str
    text: str


class _WithBytes(MailMessage):
    """imap_tools keeps no bytes; writing them anew from its tree would only take longer."""

    def __init__(self, fetch_data: list) -> None:
        super().__init__(fetch_data)
        (self.raw,) = (part[1] for part in fetch_data if isinstance(part, tuple))


@dataclass(slots=True)
class _Watch:
    """Seconds and seconds of our own processor by step: keep, sort, file."""

    wall: Counter[str] = field(default_factory=Counter)
    own: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began, own = time.perf_counter(), time.process_time()
        yield
        self.wall[name] += time.perf_counter() - began
        self.own[name] += time.process_time() - own


def run(
    box: Box, folder: Path, pipeline: Pipeline | None, folders: Mapping[str, str]
) -> dict[str, tuple[float, float]]:
    """All of the INBOX; seconds, and seconds of our own processor, of each step.

    `folders`: where each Message-ID goes, as the house files it, so that both sides move the same
    mails into the same folders, which are there. Without a pipeline nothing is judged.
    """
    watch = _Watch()
    with closing(sqlite3.connect(folder / "naive.sqlite")) as db, _logged_in(box) as mailbox:
        db.executescript(TABLE)
        found = mailbox.fetch(mark_seen=False)
        while True:
            with watch.step("keep"):
                mail = next(found, None)
            if mail is None:
                break
            with watch.step("sort"):
                told = _read(mail.raw)
                label, score = _judged(pipeline, told)
            with watch.step("keep"), db:
                values = (told.subject, told.sender, told.text, label, score)
                db.execute(INSERT, (told.message_id, mail.raw, *values))
            with watch.step("file"):
                mailbox.move(mail.uid, folders[told.message_id])
    return {name: (watch.wall[name], watch.own[name]) for name in ("keep", "sort", "file")}


def _logged_in(box: Box) -> MailBox:
    context = box.server.client_context()
    mailbox = MailBox("localhost", box.server.imaps_port, ssl_context=context)
    mailbox.email_message_class = _WithBytes
    return mailbox.login(box.user, box.server.password)


def _read(data: bytes) -> _Read:
    mail = message_from_bytes(data, policy=policy.default)
    part = mail.get_body(("plain", "html"))
    text = part.get_content() if part else ""
    if part and part.get_content_type() == "text/html":
        text = BeautifulSoup(text, "html.parser").get_text(" ")
    return _Read(str(mail["Message-ID"]), str(mail["Subject"]), str(mail["From"]), text)


def _judged(pipeline: Pipeline | None, told: _Read) -> tuple[str, float]:
    if pipeline is None:
        return "", 0.0
    (scores,) = pipeline.predict_proba([f"{told.subject}\n{told.text}"])
    return str(pipeline.classes_[scores.argmax()]), float(scores.max())


def trained() -> Pipeline:
    """Words and pieces of words, linear, calibrated: what such a system is built of."""
    lines = demo_mails.corpus_lines()[::3]
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    model = CalibratedClassifierCV(LinearSVC(), cv=3)
    pipeline = make_pipeline(make_union(words, pieces), model)
    texts = [f"{line.subject}\n{line.body}" for line in lines]
    labels = [str(next(iter(line.concerns), "sonstiges")) for line in lines]
    return pipeline.fit(texts, labels)
