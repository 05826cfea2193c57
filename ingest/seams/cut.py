"""The seams of a mail's text: what is new, what is an earlier mail, signature, or disclaimer.

Works on whole lines: every line lands in exactly one part, in its order, so nothing is lost.
Source: label guide ("only in quoted earlier mail, in a signature or in a disclaimer does not
count"); own decision 0009 (shapes, measured on the training mails).
"""

from ingest.seams import earlier, forwarded, signature
from ingest.seams.marks import is_marked
from rules.mail import BodyParts

MAX_LINES = 5_000
"""Lines that are looked at; the rest goes with the last of them. Source: own decision 0009."""


def cut(text: str) -> BodyParts:
    """The text at its seams. Total; every line is in exactly one part, each part in order.

    An earlier mail counts as new if it was forwarded without a word of one's own: then it is the
    message. Answers between ">" lines are new.
    """
    lines = text.split("\n", MAX_LINES)
    labels = _quoted(text, lines)
    if "quoted" not in labels:
        labels = signature.labels(lines)
    else:
        own = [number for number, label in enumerate(labels) if label == "new"]
        for number, label in zip(own, signature.labels([lines[n] for n in own]), strict=True):
            labels[number] = label
    return _put_together(text, lines, labels)


def _put_together(text: str, lines: list[str], labels: list[str]) -> BodyParts:
    """Each part's lines in order, with the line ends they had."""
    parts = dict.fromkeys(labels, "")
    if parts.keys() == {"new"}:
        return BodyParts(text)
    for label in parts:
        own = [line for line, kind in zip(lines, labels, strict=True) if kind == label]
        parts[label] = "\n".join(own) + ("\n" if label != labels[-1] else "")
    return BodyParts(**{"new": "", **parts})


def _quoted(text: str, lines: list[str]) -> list[str]:
    """For each line "new" or "quoted"."""
    labels = ["new"] * len(lines)
    if ">" in text:
        labels = ["quoted" if ">" in line and is_marked(line) else "new" for line in lines]
    seams = list(earlier.seams(lines, text))
    for seam in seams:
        stop = seam.text if seam.marked else len(lines)
        labels[seam.first : stop] = ["quoted"] * (stop - seam.first)
        if not seam.marked:
            break
    return forwarded.labelled(lines, labels, seams)
