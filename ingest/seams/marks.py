"""The mark ">" with which mail programs begin each line of an earlier mail."""


def is_marked(line: str) -> bool:
    """Whether it begins with the mark; a button, ">> Jetzt anmelden <<", is none."""
    bare = line.lstrip(" \t")
    if line.startswith(">From "):  # no quotation: a mailbox file marks a sentence so
        return False
    return bare.startswith(">") and not bare.rstrip().endswith("<<")


def is_next_marked(lines: list[str], number: int) -> bool:
    """Whether the first of the next four lines with anything in it is marked."""
    return is_marked(next(filter(str.strip, lines[number : number + 4]), ""))
