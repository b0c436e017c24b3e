"""The errors that a user can mend, each one line: where, what was found, what to do.

Only `cli` prints them and exits (with code 2); the library raises.
"""

from pathlib import Path


class UserError(ValueError):
    """Something in the user's input is wrong; the message says where, what and what to do.

    The text reads `path:line: problem; remedy`, without the parts that are not known.

    Args:
        problem: what was found and what was expected.
        remedy: what the user can do about it, as an imperative.
        path: the file or folder at fault.
        line: the 1-based line in `path`.
    """

    def __init__(
        self, problem: str, *, remedy: str, path: Path | str | None = None, line: int | None = None
    ) -> None:
        self.problem, self.remedy, self.path, self.line = problem, remedy, path, line
        place = "" if path is None else f"{path}: " if line is None else f"{path}:{line}: "
        super().__init__(f"{place}{problem}; {remedy}")


class BitextError(UserError):
    """Parallel text that cannot be read as pairs of sentences."""


class TextFileError(UserError):
    """A file that is missing, not UTF-8, or cannot be written."""


class TableError(UserError):
    """Labelled examples (TSV, JSONL, hub) with wrong columns, rows or labels."""


class AlignmentError(UserError):
    """Word links that do not fit their sentences, or a file that is not in Pharaoh format."""


class CheckpointError(UserError):
    """A directory or hub name that is no usable encoder, or a damaged training checkpoint."""


class MissingExtraError(UserError):
    """A feature whose optional dependency is not installed; the message names the extra."""


class RecipeError(UserError):
    """A recipe that is refused before any work; the message names the key and the line."""


class TrainingError(UserError):
    """Training that cannot start or go on (for example a loss that is not finite)."""


def first_line(error: BaseException) -> str:
    """What another library's error says first, for a message of ours; its kind if it is silent."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
