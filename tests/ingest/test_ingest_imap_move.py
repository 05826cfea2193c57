"""Only a COPYUID that fits to what was asked is a proof."""

import pytest

from ingest.imap.move import move_set


class Told:
    """A session whose server answers a MOVE with these words of COPYUID."""

    def __init__(self, words: list[bytes] | None) -> None:
        self.client, self._answers = self, [None, words]

    def proof(self, code: str) -> list[bytes] | None:
        return self._answers.pop(0)

    def move(self, uids: list[int], target: str) -> None:
        """Done."""

    def removals(self) -> int:
        return 4


@pytest.mark.parametrize(
    ("words", "proven"),
    [
        ([b"7", b"4:6,9", b"20:23"], {4: "20", 5: "21", 6: "22", 9: "23"}),
        ([b"7", b"9,4", b"30,31"], {9: "30", 4: "31"}),
        ([b"7", b"4", b"20"], {4: "20"}),
        ([b"7", b"4:6", b"20:21"], {}),
        ([b"7", b"4:5,77", b"20:22"], {}),
        ([b"7", b"1:4000000000", b"1:4000000000"], {}),
        ([b"7", b"4:6,4:6", b"20:25"], {}),
        ([b"7", b"*", b"20"], {}),
        ([b"7", b"", b""], {}),
        ([b"7", b"4"], {}),
        (None, {}),
    ],
)
def test_copyuid_proves_moves_number_by_number_and_none_where_its_sets_do_not_fit(words, proven):
    found = move_set(Told(words), (4, 5, 6, 9), "Ablage")
    told = {uid: ("7", place) for uid, place in proven.items()}
    assert found == dict.fromkeys((4, 5, 6, 9)) | told
