"""What counts as new of a mail that was forwarded without a word of one's own: the earlier one."""

import re

from ingest.seams import answers, form_lines, head, signature
from ingest.seams.earlier import Seam, is_forward_heading
from ingest.seams.marks import is_marked

_AGENCY = re.compile(r"arbeitsagentur|agentur für arbeit|jobcenter|familienkasse", re.IGNORECASE)
_STUB = re.compile(
    r"(?:siehe|s\.?) ?(?:unten|u\.|nachfolgend|weiter unten)?|s\. ?u\.?|fyi|wie besprochen|"
    r"(?:bitte )?zur? (?:kenntnis(?:nahme)?|info(?:rmation)?|bearbeitung|"
    r"weiteren (?:bearbeitung|verwendung|veranlassung))|z\.? ?k(?:tn)?\.?|"
    r"weitergeleitet|weiterleitung|"
    r"siehe (?:untenstehende|nachfolgende|weitergeleitete).{0,40}|"
    r"(?:ich |wir )?leiten? (?:ich )?(?:ihnen )?(?:die(?:se)? )?.{0,40}weiter|"
    r"(?:bitte )?um (?:weitere )?(?:veranlassung|bearbeitung|kenntnisnahme)(?: gebeten)?",
    re.IGNORECASE,
)


def labelled(lines: list[str], labels: list[str], seams: list[Seam]) -> list[str]:
    """Of a mail without words of its own, the forwarded text becomes the new one.

    Under a portal's notice its header lines do, too: they are the portal's.
    """
    if not seams:
        begin = _forwarded_in_marks(lines, labels)
        return _marked_forward(lines, labels, begin) if begin else _form_alone(lines, labels)
    first = seams[0]
    if first.marked and not first.forward:
        return labels
    own = [lines[n] for n in range(len(lines)) if labels[n] == "new" and lines[n].strip()]
    of_portal = any(map(form_lines.is_notice, own)) and form_lines.are_form(own)
    is_empty = of_portal or signature.is_only_courtesy(own, _STUB)
    if not is_empty and not answers.is_announced("\n".join(own)):
        return labels
    at = _innermost(lines, seams) if is_empty and not of_portal else 0
    above, start = lines[seams[at].first : seams[at].text], seams[at].text
    stop = seams[at + 1].first if at + 1 < len(seams) else len(lines)
    if not seams[at].forward and _AGENCY.search(" ".join(above).split("An:")[0]):
        # An empty answer to the agency's own mail, unless somebody writes below it.
        start = answers.below(lines, start, stop) if not at else stop
    elif not is_empty:
        return labels
    elif first.marked:
        return _marked_forward(lines, labels, first.first + 1)
    elif of_portal:
        start = first.first
    for number in range(start, stop):
        labels[number] = "quoted" if is_marked(lines[number]) else "new"
    return labels


def _innermost(lines: list[str], seams: list[Seam]) -> int:
    """Which of the seams begins what was forwarded, and forwarded again without a word."""
    at = 0
    while at + 1 < len(seams) and not (seams[at].marked or seams[at + 1].marked):
        between = lines[seams[at].text : seams[at + 1].first]
        if not signature.is_only_courtesy(between, _STUB):
            break
        at += 1
    return at


def _forwarded_in_marks(lines: list[str], labels: list[str]) -> int:
    """Behind the line with which a Mac begins what it forwards, marked like the rest; 0 if none is.

    Only where nobody says a word of his own beside it.
    """
    at = next((n for n, label in enumerate(labels) if label == "quoted"), len(lines))
    if at == len(lines):
        return 0
    bare = lines[at].lstrip("> ")
    if len(bare) > 300 or not is_forward_heading(bare):
        return 0
    own = [line for line, label in zip(lines, labels, strict=True) if label == "new"]
    return at + 1 if signature.is_only_courtesy([x for x in own if x.strip()], _STUB) else 0


def _marked_forward(lines: list[str], labels: list[str], begin: int) -> list[str]:
    """As an iPhone forwards: each line is marked once; what the forwarded mail quoted, twice."""
    bare = [line[1:].removeprefix(" ") if line.startswith(">") else line for line in lines]
    for number in range(head.end(bare, begin), len(lines)):
        if lines[number].startswith(">"):
            labels[number] = "quoted" if is_marked(bare[number]) else "new"
    return labels


def _form_alone(lines: list[str], labels: list[str]) -> list[str]:
    """Under a form without a sentence, marked lines that nobody is said to have written are its."""
    if "quoted" not in labels:
        return labels
    own = [n for n, label in enumerate(labels) if label == "new" and lines[n].strip()]
    if not own or own[-1] > labels.index("quoted"):
        return labels
    return ["new"] * len(lines) if form_lines.are_form(lines[n] for n in own) else labels
