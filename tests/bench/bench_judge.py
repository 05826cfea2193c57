"""How fast the judge is, beside the bare scikit-learn pipeline of the same features. `make bench`.

Medians over mails; the ratio is of one run on one machine. Times are CPU seconds of the process, so
that other work on the machine counts less; the batch is wall time on all processors.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path

from classify import corpus, features, reading
from classify.corpus import Example
from classify.train import prepare, train_part
from ingest.parse import parse
from triage import wiring
from triage.house import Judging
from triage.settings import Settings

ROOT = Path(__file__).parents[2]
RECEIVED = datetime(2026, 11, 23, 9, tzinfo=UTC)
MAIL_BYTES = 5_000
LOADING = """
import time
from pathlib import Path
begin = time.process_time()
from triage import wiring
from triage.settings import Settings
imported = time.process_time()
from classify import modelfile
from classify.judge import Judge
settings, path = Settings(), wiring.default_model_path()
ready = time.process_time()
Judge(modelfile.load(path, wiring.model_key(settings)), wiring.load_directory())
# Not ru_maxrss: that of the parent counts in it, over fork and exec.
most = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(imported - begin, ready - imported, time.process_time() - ready,
      int(most) / 1000, path.stat().st_size / 1e6)
"""


def main(mails: int = 300) -> None:
    judging = wiring.build_judging(Settings())
    lines = corpus.read([ROOT / "corpus"])
    asked = [corpus.as_eml(line) for line in lines[:: max(1, len(lines) // mails)]]
    full = [_of_size([line.body for line in lines[start::97]]) for start in range(40)]
    for name, samples in {"a corpus mail": asked, "5 kB of text": full}.items():
        parsing = _median_ms(lambda data: parse(data, judging.layouts), samples)
        read = [parse(data, judging.layouts) for data in samples]
        judged = _median_ms(lambda mail: _judge(judging, mail), read)
        _say(f"{name}: parse", parsing, "ms")
        _say(f"{name}: judge, with facts and reasons", judged, "ms")
    _pipeline(judging, lines, asked)
    _batch(asked * 10)
    _loading()


def _of_size(bodies: Sequence[str]) -> bytes:
    """One mail that is nothing but text, of `MAIL_BYTES` with its head."""
    head = b"Subject: Anliegen\nContent-Type: text/plain; charset=utf-8\n\n"
    text = "\n\n".join(bodies).encode()[: MAIL_BYTES - len(head)]
    return head + text.decode(errors="ignore").encode()


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


def _examples(judging: Judging, lines: Sequence[corpus.LabelledMail]) -> tuple[Example, ...]:
    return corpus.examples(lines, lambda data: parse(data, judging.layouts))


def _batch(asked: list[bytes]) -> None:
    """Parsed and judged by one process a processor; each is warm before the clock starts."""
    workers = cpu_count() or 1
    parts = [asked[n::workers] for n in range(workers)]
    with ProcessPoolExecutor(workers) as pool:
        seconds = max(pool.map(_judged_alone, parts))
    _say(f"batch, parsed and judged, {workers} processes", len(asked) / seconds, "mails/s")


def _judged_alone(asked: list[bytes]) -> float:
    judging = wiring.build_judging(Settings())
    for data in asked[:200]:
        _judge(judging, parse(data, judging.layouts))
    begin = time.perf_counter()
    for data in asked:
        _judge(judging, parse(data, judging.layouts))
    return time.perf_counter() - begin


def _loading() -> None:
    told = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, check=True)
    imports, own, load, memory_mb, file_mb = map(float, told.stdout.split())
    _say("load: imports of the house, CPU", imports, "s")
    _say("load: imports of the judge, CPU", own, "s")
    _say("load: model and places, CPU", load, "s")
    _say("memory after load", memory_mb, "MB")
    _say("model file", file_mb, "MB")


def _judge(judging: Judging, mail: object) -> object:
    return judging.judge.judge(mail, received_at=RECEIVED, mailbox="Kassel@arbeitsagentur.de")


def _median_ms(what: Callable[..., object], samples: Sequence[object], times: int = 5) -> float:
    """The median over samples of the best of some tries; the first try warms up."""
    return 1000 * statistics.median(min(_timed(what, s) for _ in range(times)) for s in samples)


def _timed(what: Callable[..., object], sample: object) -> float:
    begin = time.process_time()
    what(sample)
    return time.process_time() - begin


def _say(name: str, number: float, unit: str) -> None:
    sys.stdout.write(f"{name:46} {number:9.2f} {unit}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
