"""What judges is held against what was trained: scikit-learn's pipeline is the reference."""

import os
import re
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from classify import features, lexicon, needles, reading, terms, wording
from classify.corpus.lines import Example, examples
from classify.model.model import Model, probabilities
from classify.model.table import in_steps
from classify.needles import EDGE
from classify.scorer import Scorer, length_of
from classify.wordbook import Vocabulary, Wordbook
from ingest.parse import parse

HEAVY = ("sklearn", "scipy", "skops", "joblib", "pandas")


@pytest.fixture(scope="module")
def whole_corpus(corpus_lines, layouts) -> tuple[Example, ...]:
    return examples(corpus_lines, lambda data: parse(data, layouts))


def test_the_table_says_of_every_mail_of_the_corpus_what_the_pipeline_says(
    trained, whole_corpus
) -> None:
    model, scorer = trained.model, Scorer(trained.model)
    rows = features.rows([example.mail for example in whole_corpus])
    margins = trained.pipeline.decision_function(rows)
    expected = probabilities(margins, model.slopes, model.offsets)
    said = np.array([scorer.score(row).probabilities for row in rows])
    assert np.abs(said - expected).max() <= 1e-5
    named = np.asarray(model.thresholds)
    of_labels = slice(len(model.labels))
    assert np.array_equal(said[:, of_labels] >= named, expected[:, of_labels] >= named)
    assert np.array_equal(said[:, of_labels].argmax(axis=1), expected[:, of_labels].argmax(axis=1))


LENGTHS = """
import numpy as np
from classify.scorer import length_of
made = np.random.default_rng(5)
print([length_of(made.random(n, dtype=np.float32)) for n in range(1, 900, 7)])
"""


def test_a_length_has_the_same_bits_whatever_processor_the_algebra_is_made_for() -> None:
    """Otherwise the same mail would have other probabilities in their last digits elsewhere."""
    elsewhere = subprocess.run(
        [sys.executable, "-c", LENGTHS],
        env={**os.environ, "OPENBLAS_CORETYPE": "Prescott"},
        capture_output=True,
        check=True,
        text=True,
    )
    made = np.random.default_rng(5)
    here = [length_of(made.random(n, dtype=np.float32)) for n in range(1, 900, 7)]
    assert elsewhere.stdout.strip() == str(here)


@pytest.mark.parametrize(
    ("cut", "options"),
    [
        (terms.words, {"ngram_range": (1, 2)}),
        (terms.pieces, {"analyzer": "char_wb", "ngram_range": (3, 5)}),
    ],
)
def test_texts_are_cut_as_scikit_learn_cuts_them(whole_corpus, cut, options) -> None:
    reference = CountVectorizer(lowercase=False, **options).build_analyzer()
    for example in whole_corpus[::5]:
        text = features.text_of(reading.of(example.mail))
        assert sorted(cut(text)) == sorted(reference(text))


@given(st.text(alphabet=st.characters(exclude_categories=("C", "Z")) | st.just(" "), max_size=60))
def test_any_text_is_cut_in_the_pieces_of_scikit_learn(text: str) -> None:
    reference = CountVectorizer(analyzer="char_wb", ngram_range=(3, 5), lowercase=False)
    assert sorted(terms.pieces(text)) == sorted(reference.build_analyzer()(text))


@pytest.fixture(scope="module")
def vocabulary(model: Model) -> Vocabulary:
    """The terms of a model, and some that have several readings."""
    blocks = {block.name: dict.fromkeys(block.terms) for block in model.table.blocks}
    blocks["chains"] |= dict.fromkeys(["a_b", "a_b_c", "ab_cd", "a__b", "x_y_z"])
    blocks["words"] |= dict.fromkeys(["a_b", "ab", "ab cd", "abc"])
    rows = iter(range(1_000_000))
    return Vocabulary(
        *({term: next(rows) for term in blocks[name]} for name in ("words", "pieces", "chains"))
    )


@pytest.fixture(scope="module")
def wordbook(vocabulary: Vocabulary) -> Wordbook:
    return Wordbook(vocabulary)


def plainly(known: Vocabulary, text: str) -> tuple[Counter[int], set[int]]:
    """The rows of words and pieces, and those of chains, by cutting and looking up."""
    own = [known.words.get(word) for word in terms.words(text)]
    own += [known.pieces.get(piece) for piece in terms.pieces(text)]
    chains = {known.chains.get(chain) for chain in wording.chains(text)}
    return Counter(row for row in own if row is not None), chains - {None}


def by_wordbook(known: Vocabulary, book: Wordbook, text: str) -> tuple[Counter[int], set[int]]:
    found = book.find(text)
    rows = [*found.own.tolist(), *found.further.tolist()]
    chains = set(known.chains.values())
    return Counter(row for row in rows if row not in chains), chains.intersection(rows)


def test_a_wordbook_finds_in_mails_what_cutting_finds(whole_corpus, vocabulary, wordbook) -> None:
    for example in whole_corpus[::40]:
        text = features.text_of(reading.of(example.mail))
        assert by_wordbook(vocabulary, wordbook, text) == plainly(vocabulary, text)


PARTS = ["konto", "neues", "ich", "bin", "krank", "und", "a", "b", "ab", "cd", "a_b", "_b", "x_y"]
SEAMS = [" ", "  ", ". ", ".", "! ", "\n", "\n\n", "\t", "-", "_", "\u00a0", "ø", "5", "\x00"]


@given(st.lists(st.sampled_from(PARTS) | st.sampled_from(SEAMS), max_size=40).map("".join))
def test_a_wordbook_finds_in_any_text_what_cutting_finds(vocabulary, wordbook, text: str) -> None:
    assert by_wordbook(vocabulary, wordbook, text) == plainly(vocabulary, text)


SEARCHED = {name: lexicon.concept(name) for name in lexicon.CONCEPTS} | {
    f"{section}.{name}": pattern
    for section in ("moods", "machine", "payment", "attachment", "review")
    for name, pattern in lexicon.phrases(section).items()
}


def test_what_is_heard_in_a_mail_is_what_a_search_for_each_saying_finds(whole_corpus) -> None:
    for example in whole_corpus[::8]:
        read = reading.of(example.mail)
        for one in read.sentences:
            expected = {name for name, found in SEARCHED.items() if found.search(one.text)}
            assert one.said == expected
        whole = {name for name in ASKED_OF_WHOLE if SEARCHED[name].search(read.text)}
        assert read.said == whole


ASKED_OF_WHOLE = [name for name in SEARCHED if name.startswith(("machine.", "payment.", "review."))]


SPOKEN = st.sampled_from(
    [
        word
        for pattern in SEARCHED.values()
        for word in re.findall(r"[a-z]+|[ .?0-9]+", pattern.pattern)
    ]
)


@given(st.lists(SPOKEN | st.sampled_from([" ", "\n", "-", "5", "x"]), max_size=30).map("".join))
def test_what_is_heard_in_pieces_of_sayings_is_what_a_search_finds(text: str) -> None:
    assert lexicon.hear(text) == {name for name, found in SEARCHED.items() if found.search(text)}


@pytest.mark.parametrize(
    ("source", "words", "within_word"),
    [
        ("erkrank", {"erkrank"}, True),
        (r"\bau\b", {f"{EDGE}au{EDGE}"}, True),
        ("konto.{0,25}gewechselt", {"gewechselt"}, False),
        ("neue (?:anschrift|wohnung)", {f"{EDGE}anschrift", f"{EDGE}wohnung"}, False),
        (r"mag(?:er)? x?yz", {"mag"}, False),
        ("krank(?!enkass|enhaus)", {"krank"}, True),
        (r"\d{5}", {needles.DIGIT * 5}, True),
        (r"[a-z]+", None, True),
        ("bis(?=\\s)", {"bis"}, False),
        ("(?<=ab )mai", {"mai"}, False),
        ("a|lang", None, True),
        (r"\bab\s+\d", {f"{EDGE}ab{EDGE}"}, False),
        (r"\b(?:ab|seit) heute", {f"{EDGE}heute"}, False),
        (r"(?:ab|seit) ?x", {"ab", "seit"}, False),
        (r"^(?:wo|wann\w*)\b", {f"{EDGE}wo{EDGE}", f"{EDGE}wann"}, False),
        (r"\bhabe?n?\b", {f"{EDGE}hab"}, True),
    ],
)
def test_needles_are_what_a_match_must_hold(source, words, within_word) -> None:
    found = needles.of_pattern(source)
    assert (found.words, found.within_word) == (words, within_word)


def test_a_mail_without_a_known_word_gets_the_constant(model, mail) -> None:
    scored = Scorer(model).score(("", (), frozenset()))
    expected = probabilities(model.table.constant, model.slopes, model.offsets)
    assert scored.probabilities == pytest.approx(expected)
    assert len(scored.rows) == 0


def test_judging_loads_no_training_library() -> None:
    """They cost seconds and 200 MB at each start of a worker."""
    code = (
        "import sys; from triage import wiring; from triage.settings import Settings;"
        "from ingest.parse import parse; from datetime import datetime, UTC;"
        "judging = wiring.build_judging(Settings());"
        "mail = parse(b'Subject: Krank\\n\\nIch bin krank.', judging.layouts);"
        "judging.judge.judge(mail, received_at=datetime.now(UTC), mailbox='');"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert told.stdout.strip() == "[]"


def test_no_weight_is_off_by_more_than_half_a_step() -> None:
    weights = np.random.default_rng(1).normal(size=(50, 7)).astype(np.float32)
    weights[3] = 0.0
    steps, sizes = in_steps(weights)
    assert np.abs(steps).max(axis=1).tolist() == [0 if row == 3 else 127 for row in range(50)]
    off = np.abs(weights - steps * sizes[:, None])
    assert (off <= sizes[:, None] * 0.5001).all()
