"""Files that hold what people wrote, or who may read what: for their owner only, whole or not.

Whatever the umask of the caller: a shell's mostly lets everybody of the machine read. Source:
Art. 32 DSGVO; POSIX.1-2017 open(), umask().
"""

import os
import stat
from pathlib import Path
from typing import Final

from rules.errors import Refused

MODE: Final = 0o600


def write(path: Path, data: bytes, *, code: str = "file.write") -> None:
    """Anew, over what lies there; half a file is taken away again. A pipe or device stays as it is.

    Raises: Refused: `code`.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT, MODE)
        with os.fdopen(handle, "wb") as file:
            is_file = stat.S_ISREG(os.fstat(handle).st_mode)
            if is_file:
                # Before the first byte: one that lay there may be open to everybody.
                os.fchmod(handle, MODE)
                file.truncate()
            try:
                file.write(data)
                file.flush()
            except OSError:
                if is_file:
                    path.unlink(missing_ok=True)
                raise
    except OSError as exc:
        raise Refused(code, f"Can't write {path}: {exc.strerror}.") from exc
