"""Names between people, servers and disks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.folder_names import ServerNames, decode_level, encode_level, levels, parents_first
from rules.errors import Refused

LEVEL = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/"), min_size=1, max_size=40
).filter(lambda text: text not in {".", ".."} and text.upper() != "INBOX")


@given(LEVEL)
def test_every_level_comes_back_from_modified_utf_7(level: str) -> None:
    encoded = encode_level(level)
    assert encoded.isascii()
    assert encoded.isprintable()
    assert decode_level(encoded) == level


@pytest.mark.parametrize(
    ("level", "encoded"),
    [("Größe", "Gr&APYA3w-e"), ("A & B", "A &- B"), ("日本語", "&ZeVnLIqe-"), ("AU", "AU")],
)
def test_levels_look_as_rfc_3501_says(level: str, encoded: str) -> None:
    assert encode_level(level) == encoded


@pytest.mark.parametrize(
    "encoded", ["Größe", "&", "&AOQ", "&AGE-", "a&b", "", "..", "a/b", "&2AA-"]
)
def test_what_we_would_not_write_is_no_level(encoded: str) -> None:
    assert decode_level(encoded) is None


@pytest.mark.parametrize(
    "folder", ["", "/", "a/", "/a", "a//b", ".", "a/..", "a\nb", "a\0", "\x85"]
)
def test_names_that_could_do_harm_are_refused(folder: str) -> None:
    with pytest.raises(Refused) as caught:
        levels(folder)
    assert caught.value.code == "postbox.folder_name"


def test_a_level_longer_than_a_directory_name_is_refused() -> None:
    assert levels("x" * 255) == ("x" * 255,)
    with pytest.raises(Refused):
        levels("x" * 256)


def test_parents_come_before_their_children() -> None:
    assert parents_first("a/b/c") == ("a", "a/b", "a/b/c")
    assert parents_first("inbox") == ("INBOX",)


@pytest.mark.parametrize(
    ("names", "folder", "server_name"),
    [
        (ServerNames("/", ""), "435 Kassel/AU", "435 Kassel/AU"),
        (ServerNames(".", "INBOX."), "435 Kassel/AU", "INBOX.435 Kassel.AU"),
        (ServerNames(".", ""), "a/b", "a.b"),
        (ServerNames(".", "INBOX."), "Inbox", "INBOX"),
        (ServerNames("\\", ""), "a/b", "a\\b"),
        (ServerNames("", ""), "a", "a"),
    ],
)
def test_a_name_goes_to_the_server_and_back(
    names: ServerNames, folder: str, server_name: str
) -> None:
    assert names.to_server(folder) == server_name
    assert names.to_human(server_name) == "/".join(levels(folder))


@pytest.mark.parametrize(
    ("names", "folder"),
    [
        (ServerNames(".", "INBOX."), "Dr. Muster"),
        (ServerNames("", ""), "a/b"),
        (ServerNames("/", ""), "a//b"),
    ],
)
def test_a_name_the_server_would_split_otherwise_is_refused(
    names: ServerNames, folder: str
) -> None:
    with pytest.raises(Refused) as caught:
        names.to_server(folder)
    assert caught.value.code == "postbox.folder_name"


@pytest.mark.parametrize(
    ("names", "server_name"),
    [
        (ServerNames(".", "INBOX."), "shared.sued"),
        (ServerNames(".", "INBOX."), "INBOX.Kassel/AU"),
        (ServerNames(".", ""), "a..b"),
        (ServerNames("/", ""), ""),
    ],
)
def test_a_folder_that_no_human_name_leads_to_is_none(names: ServerNames, server_name: str) -> None:
    assert names.to_human(server_name) is None


@given(
    st.lists(LEVEL, min_size=1, max_size=4), st.sampled_from("./\\|"), st.sampled_from(["", "P"])
)
def test_no_two_names_mean_the_same_folder(parts: list[str], separator: str, prefix: str) -> None:
    names = ServerNames(separator, prefix and prefix + separator)
    folder = "/".join(parts)
    try:
        server_name = names.to_server(folder)
    except Refused:
        return
    assert names.to_human(server_name) == folder
