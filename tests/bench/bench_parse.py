"""How fast mails are read, beside the standard library, and how many bodies are right.

`make bench`. All give headers, the best text, and name and size of each file; `parse` also tells
forms, earlier mail, signatures and disclaimers apart, which the library leaves to the caller, so
what is left without that stands by itself. Right is a body in which one line with umlauts is found.
Times are the best of some tries a mail; ratios of one run on one machine.
"""

import argparse
import sys
import time
from collections.abc import Callable
from email import message_from_bytes, policy

from ingest import attachments, body, containers, dates, headers, mime
from ingest.parse import parse
from tests.bench import bench_mails
from triage import wiring


def main(mails: int) -> None:
    layouts = wiring.load_layouts(None)
    for name, make in {"small": bench_mails.small, "mixed": bench_mails.mixed}.items():
        made = make(mails)
        ways: dict[str, Callable[[bytes], str]] = {
            "policy.default": _by_library,
            "ours, no more than it": _no_more,
            "ours, whole": lambda data: _ours(data, layouts),
        }
        seconds = {way: sum(_best(read, one.data) for one in made) for way, read in ways.items()}
        size = sum(len(one.data) for one in made) / mails / 1000
        sys.stdout.write(f"{mails} {name} mails, {size:.1f} kB on average\n")
        for way, read in ways.items():
            right = sum(one.marker in read(one.data) for one in made) / mails
            sys.stdout.write(
                f"  {way:21} {mails / seconds[way]:8.0f} mails/s"
                f" {seconds['policy.default'] / seconds[way]:6.1f} x policy.default,"
                f" {right:.2%} bodies right\n"
            )
        sys.stdout.flush()


def _best(read: Callable[[bytes], str], data: bytes) -> float:
    return min(_seconds(read, data) for _ in range(7))


def _seconds(read: Callable[[bytes], str], data: bytes) -> float:
    begin = time.perf_counter()
    read(data)
    return time.perf_counter() - begin


def _ours(data: bytes, layouts: object) -> str:
    mail = parse(data, layouts)
    return mail.body.new + mail.body.quoted


def _no_more(data: bytes) -> str:
    """What `_by_library` reads, by the rooms of `parse`: not a way of the house, a measure."""
    tree = mime.scan(data)
    first = dict(reversed(tree.fields))
    headers.text(first.get("subject", b""))
    headers.mailboxes(first.get("from", b""))
    headers.addresses(first.get("to", b""))
    dates.when(first.get("date", b""))
    headers.message_ids(first.get("message-id", b""))
    leaves = containers.expand(tree.leaves, [])
    tuple(attachments.collect(leaves))
    return body.read(leaves).text


def _by_library(data: bytes) -> str:
    mail = message_from_bytes(data, policy=policy.default)
    for name in ("subject", "from", "to", "date", "message-id"):
        str(mail[name])
    try:
        part = mail.get_body(("plain", "html"))
        text = part.get_content() if part else ""
        for file in mail.iter_attachments():
            file.get_filename()
            file.get_content()
    except (LookupError, ValueError, AttributeError):  # an unknown charset, a broken file
        return ""
    return text


if __name__ == "__main__":
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("mails", nargs="?", type=int, default=300)
    main(told.parse_args().mails)
