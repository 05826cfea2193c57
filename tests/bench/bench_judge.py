"""How fast the judge is, beside the bare scikit-learn pipeline of the same features. `make bench`.

Medians over mails; the ratio is of one run on one machine. Times are CPU seconds of the process, so
that other work on the machine counts less; the batch is wall time on all processors. All words are
known before the clock starts, as in a worker that has run for an hour; each mail is measured
among others, not again and again while the caches are warm with it.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path

from classify import features, reading
from classify.corpus import lines as corpus
from classify.corpus.lines import Example
from classify.learning.train import prepare, train_part
from ingest.parse import parse
from triage import wiring
from triage.house import Judging
from triage.rounds import JUDGED_TOGETHER
from triage.settings import Settings

ROOT = Path(__file__).parents[2]
MAILBOX = "Kassel@arbeitsagentur.de"
RECEIVED = datetime(2026, 11, 23, 9, tzinfo=UTC)
HEAD = """\
Return-Path: <jana.muster{number}@post.example>
Received: from mx3.amt.example (mx3.amt.example [192.0.2.{number}])
\tby store1.amt.example with ESMTPS id 4F2A1C0DE{number} for <Kassel@amt.example>;
\tMon, 23 Nov 2026 09:14:22 +0100 (CET)
Received: from out-forward.post.example (out-forward.post.example [198.51.100.{number}])
\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519)
\tby mx3.amt.example with ESMTPS id 9C1D3; Mon, 23 Nov 2026 09:14:21 +0100 (CET)
Received: from [203.0.113.17] by smtp.post.example with ESMTPSA
\tid 1MQPVd-1rWq5x0Kp3-00MNwa; Mon, 23 Nov 2026 09:14:21 +0100
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=post.example; s=s29768273;
\tbh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;
\th=X-Sender-Class:Date:From:To:Subject:Content-Type:MIME-Version;
\tb={signature}
X-Sender-Class: 814a7b36-bfc1-4dae-8640-3722d8ec6cd6
X-Spam-Status: No, score=-0.1 required=5.0 tests=DKIM_SIGNED,DKIM_VALID,FREEMAIL_FROM,
\tSPF_PASS autolearn=unavailable version=4.0.0
Authentication-Results: mx3.amt.example; dkim=pass header.d=post.example; spf=pass
Message-ID: <trinity-{number}-4f2a-1764000000@post.example>
MIME-Version: 1.0
Date: Mon, 23 Nov 2026 09:14:20 +0100
User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.4.0
Content-Language: de-DE
From: Jana Muster <jana.muster{number}@post.example>
To: Kassel@amt.example
Subject: Anliegen
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

"""
MAIL_BYTES = 5_600
"""The usual size of a mail without attachments. Source: measured on made mail, below 40 kB."""
TEXT_BYTES = 1_800
FULL_TEXT_BYTES = 5_000
TIMES = 5
LOADING = """
import time
from pathlib import Path
begin = time.process_time()
from triage import wiring
from triage.settings import Settings
imported = time.process_time()
from classify.model import file as modelfile
from classify.judge import Judge
settings, path = Settings(), wiring.default_model_path()
ready = time.process_time()
Judge(modelfile.load(path, wiring.model_key(settings)), wiring.load_directory())
# Not ru_maxrss: that of the parent counts in it, over fork and exec.
most = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(imported - begin, ready - imported, time.process_time() - ready,
      int(most) / 1000, path.stat().st_size / 1e6)
"""


def main(mails: int) -> None:
    judging = wiring.build_judging(Settings())
    lines = corpus.read([ROOT / "corpus"])
    asked = [corpus.as_eml(line) for line in lines[:: max(1, len(lines) // mails)]]
    kinds = {
        "a corpus mail": asked,
        "5.6 kB with 1.8 kB of text": _made(lines[::31], TEXT_BYTES),
        "5 kB of text": _made(lines[::97], FULL_TEXT_BYTES),
    }
    for name, samples in kinds.items():
        parsing, judged, both = _parsed_and_judged(judging, samples)
        _say(f"{name}: parse", parsing, "ms")
        _say(f"{name}: judge, with facts and reasons", judged, "ms")
        _say(f"{name}: parse and judge", both, "ms")
        _say(f"{name}: calls of functions to judge", _calls(judging, samples), "a mail")
    _pipeline(judging, lines, asked)
    _batch(asked * 10)
    _batch(kinds["5.6 kB with 1.8 kB of text"] * 10, "5.6 kB, ")
    _loading()


def _made(lines: Sequence[corpus.LabelledMail], text_bytes: int, count: int = 100) -> list[bytes]:
    """Mails of several people's texts, one after the other, under the head of a usual mail."""
    texts = [line.body for line in lines]
    return [_mail(texts[n % len(texts) :] + texts, text_bytes, n) for n in range(count)]


def _mail(texts: Sequence[str], text_bytes: int, number: int) -> bytes:
    text = "\n\n".join(texts[:60]).encode()[:text_bytes].decode(errors="ignore").encode()
    bare = len(HEAD.format(number=number + 10, signature=""))
    missing = max(64, MAIL_BYTES - bare - len(text))
    signature = "\n\t".join(["AbCdEfGhIjKlMnOp" * 4] * (missing // 66))
    return HEAD.format(number=number + 10, signature=signature).encode() + text


def _parsed_and_judged(judging: Judging, samples: Sequence[bytes]) -> tuple[float, float, float]:
    """Medians over the mails of parse, judge, and both; of each the best of some rounds."""
    best = [(1.0, 1.0, 1.0)] * len(samples)
    for _ in range(1 + TIMES):
        for place, data in enumerate(samples):
            begin = time.process_time()
            mail = parse(data, judging.layouts)
            parsed = time.process_time()
            _judge(judging, mail)
            judged = time.process_time()
            took = parsed - begin, judged - parsed, judged - begin
            best[place] = tuple(map(min, best[place], took))  # type: ignore[assignment]  # three of three
    parsing, judging_ms, both = (
        1000 * statistics.median(column) for column in zip(*best, strict=True)
    )
    return parsing, judging_ms, both


def _calls(judging: Judging, samples: Sequence[bytes]) -> float:
    """The interpreter's own and those of its libraries: a measure that no other work disturbs."""
    mails = [parse(data, judging.layouts) for data in samples]
    events: Counter[str] = Counter()
    sys.setprofile(lambda _frame, event, _what: events.update([event]))
    try:
        for mail in mails:
            _judge(judging, mail)
    finally:
        sys.setprofile(None)
    return (events["call"] + events["c_call"]) / len(mails)


def _pipeline(judging: Judging, lines: Sequence[corpus.LabelledMail], asked: list[bytes]) -> None:
    """Scores only: no cutting of cues, no facts, no reasons on either side."""
    seen = _examples(judging, lines[::4])
    trained = train_part(prepare(seen), range(len(seen)), seed=1)
    mails = [parse(data, judging.layouts) for data in asked]
    rows = [features.rows([mail]) for mail in mails]
    bare = _median_ms(trained.pipeline.decision_function, rows)
    scorer = wiring.build_judging(Settings()).judge._scorer
    table = _median_ms(scorer.score, [features.row(reading.of(mail)) for mail in mails])
    _say("scikit-learn pipeline, scores of one mail", bare, "ms")
    _say("table, scores of one mail", table, "ms")
    _say("table against scikit-learn", bare / table, "times")
    whole = _parsed_and_judged(judging, asked)[2]
    _say("parse and judge against scikit-learn's scores alone", bare / whole, "times")


def _examples(judging: Judging, lines: Sequence[corpus.LabelledMail]) -> tuple[Example, ...]:
    return corpus.examples(lines, lambda data: parse(data, judging.layouts))


def _batch(asked: list[bytes], kind: str = "") -> None:
    """Parsed and judged by one process a processor, as many at once as sorting does; each process
    is warm before the clock starts."""
    workers = cpu_count() or 1
    parts = [asked[n::workers] for n in range(workers)]
    with ProcessPoolExecutor(workers) as pool:
        seconds = max(pool.map(_judged_alone, parts))
    _say(f"batch, {kind}parsed and judged, {workers} processes", len(asked) / seconds, "mails/s")


def _judged_alone(asked: list[bytes]) -> float:
    judging = wiring.build_judging(Settings())
    _judge_together(judging, asked[:200])
    begin = time.perf_counter()
    _judge_together(judging, asked)
    return time.perf_counter() - begin


def _judge_together(judging: Judging, asked: Sequence[bytes]) -> None:
    for first in range(0, len(asked), JUDGED_TOGETHER):
        mails = [parse(data, judging.layouts) for data in asked[first : first + JUDGED_TOGETHER]]
        count = len(mails)
        judging.judge.judge_many(mails, received_at=[RECEIVED] * count, mailboxes=[MAILBOX] * count)


def _loading() -> None:
    told = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, check=True)
    imports, own, load, memory_mb, file_mb = map(float, told.stdout.split())
    _say("load: imports of the house, CPU", imports, "s")
    _say("load: imports of the judge, CPU", own, "s")
    _say("load: model and places, CPU", load, "s")
    _say("memory after load", memory_mb, "MB")
    _say("model file", file_mb, "MB")


def _judge(judging: Judging, mail: object) -> object:
    return judging.judge.judge(mail, received_at=RECEIVED, mailbox=MAILBOX)


def _median_ms(what: Callable[..., object], samples: Sequence[object], times: int = 5) -> float:
    """The median over samples of the best of some tries; the first try warms up."""
    return 1000 * statistics.median(min(_timed(what, s) for _ in range(times)) for s in samples)


def _timed(what: Callable[..., object], sample: object) -> float:
    begin = time.process_time()
    what(sample)
    return time.process_time() - begin


def _say(name: str, number: float, unit: str) -> None:
    sys.stdout.write(f"{name:56} {number:9.2f} {unit}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("mails", nargs="?", type=int, default=300)
    main(told.parse_args().mails)
