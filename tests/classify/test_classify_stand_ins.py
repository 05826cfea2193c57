"""What training lines have in place of numbers teaches the model what the numbers did."""

import re
from dataclasses import replace

from classify import features, reading
from classify.corpus import lines
from ingest.parse import parse
from rules import stand_ins

SHARE = 0.02
"""Of mails with a number, at most so many may have another row: a piece of a number was heard as a
matter (a "550" as a failed delivery), or two numbers run into one."""


def row_of(line: lines.LabelledMail) -> tuple[object, ...]:
    """The row of the model; which digits a number has, no term tells."""
    text, cues, chains = features.row(reading.of(parse(lines.as_eml(line))))
    return re.sub(r"[0-9]", "1", text), frozenset(cues), chains


def test_a_mail_with_stand_ins_has_the_row_of_the_mail_itself(corpus_lines) -> None:
    with_numbers, others = 0, []
    for line in corpus_lines[::7]:
        subject, body = stand_ins.replace(line.subject), stand_ins.replace(line.body)
        if (subject, body) != (line.subject, line.body):
            with_numbers += 1
            if row_of(line) != row_of(replace(line, subject=subject, body=body)):
                others.append(line.id)
    assert with_numbers > 500
    assert len(others) < SHARE * with_numbers, others
