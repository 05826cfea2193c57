"""Lists as CSV: any encoding and separator, all errors with their lines, or all taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import Refused
from rules.rights.csv_faults import LineError, Wrong, in_german
from rules.rights.distribution import DistributionList, Member, MemberKind
from rules.rights.distribution_csv import LONGEST_BYTES, parse_lists, write_lists, write_rows
from rules.rights.folder_levels import RIGHTS_OF, Level
from tests.english import german_in
from tests.rights_world import AGENCIES, REGION, directory

HEAD = "verteiler;agentur;region;stufe;mitglied;art"


def parse(text: str | bytes, *, encoding: str = "utf-8") -> tuple[DistributionList, ...]:
    data = text if isinstance(text, bytes) else text.encode(encoding)
    return parse_lists(data, directory=directory(), region=REGION)


def errors(text: str | bytes) -> list[int]:
    with pytest.raises(Refused) as refused:
        parse(text)
    assert refused.value.code == "rights.csv"
    return [one["line"] for one in refused.value.details["errors"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_encoding_and_separator_gives_the_same_lists(encoding, separator, end):
    text = end.join(
        [
            HEAD,
            "EZ-101@Dienst.example;101;;Prüfer;A.Müller@dienst.example;person",
            "ez-101@dienst.example;101;;Prüfer;team@dienst.example;Gruppe",
            "sc@dienst.example;;südwest;;;",
            "",
        ]
    ).replace(";", separator)
    first, second = parse(text, encoding=encoding)
    assert first == DistributionList(
        "ez-101@dienst.example",
        agency="101",
        level=Level.REVIEWER,
        members=(
            Member("a.müller@dienst.example"),
            Member("team@dienst.example", MemberKind.GROUP),
        ),
    )
    assert (second.region, second.agency, second.level) == (REGION, None, Level.EDITOR)


def test_all_errors_are_told_at_once_each_with_its_line():
    text = "\n".join(
        [
            HEAD,
            "keine-adresse;101;;;;",
            "a@x.example;999;;;;",
            "a@x.example;301;;;;",
            "a@x.example;;Nord;;;",
            "a@x.example;101;;Chef;;",
            "a@x.example;101;;;auch keine;",
            "a@x.example;101;;;b@x.example;tier",
            "a@x.example;101;Südwest;;;",
            "a@x.example;101;;Prüfer;;",
            "a@x.example;101;;Bearbeiter;;",
        ]
    )
    assert errors(text) == [2, 3, 4, 5, 6, 7, 8, 9, 11]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [1]),
        ("name;mail\nx;y", [1]),
        (HEAD, [2]),
        (f'{HEAD}\na@x.example;"101;;;;', [2]),
        (f"{HEAD}\n".encode() + b"a\x81\xff@x.example;101;;;;", [2]),
        (b"x" * (LONGEST_BYTES + 1), [0]),
    ],
)
def test_what_is_no_list_is_refused_with_its_line(text, lines):
    assert errors(text) == lines


def test_more_errors_than_fit_are_counted():
    with pytest.raises(Refused) as refused:
        parse("\n".join([HEAD, *["falsch;101;;;;"] * 30]))
    assert "and 10 more" in refused.value.message
    assert len(refused.value.details["errors"]) == 30
    assert in_german(refused.value.details["errors"])[-1] == "und 10 weitere"


@pytest.mark.parametrize("wrong", Wrong)
def test_every_fault_is_told_in_both_languages(wrong):
    told = LineError(2, wrong, "Wert", "Bekanntes").as_details()
    assert german_in(str(told["what"])) == []
    assert in_german([told])[0].startswith("Zeile 2: ")


def test_a_name_without_address_is_a_member_without_address():
    (one,) = parse("verteiler;agentur;name;mitglied\nez@x.example;101;Anna M.;\nez@x.example;101;;")
    assert one.members == (Member(""),)


def test_short_rows_and_other_headers_are_understood():
    (one,) = parse("Liste;AA;Recht\nez@x.example;101\n;;\n")
    assert (one.agency, one.level) == ("101", Level.EDITOR)


WORDS = st.from_regex(r"[a-z][a-z0-9.-]{0,8}@[a-z]{1,5}\.example", fullmatch=True)
MEMBERS = st.lists(st.builds(Member, WORDS, st.sampled_from(MemberKind)), max_size=4, unique=True)
LISTS = st.lists(
    st.builds(
        DistributionList,
        WORDS,
        st.sampled_from(AGENCIES),
        st.none(),
        st.sampled_from(list(RIGHTS_OF)),
        MEMBERS.map(tuple),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda one: one.address,
)


@given(LISTS)
def test_what_is_written_is_read_again(lists):
    assert parse(write_lists(lists)) == tuple(lists)


@given(st.binary(max_size=300))
def test_any_bytes_are_taken_or_refused_with_one_code(data):
    try:
        parse(data)
    except Refused as exc:
        assert exc.code == "rights.csv"  # noqa: PT017 - taken is as good as refused


def test_no_cell_is_a_formula_and_quotes_are_doubled():
    text = write_rows(("a", "b"), [("=1+1", 'x;"y"')])
    assert text == 'a;b\r\n\'=1+1;"x;""y"""\r\n'
