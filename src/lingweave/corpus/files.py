"""Text files in and out: UTF-8, read with exact line numbers, written whole or not at all.

Trap: `str.splitlines` and text-mode files also end a line at U+2028, form feeds or a lone carriage
return. Real corpora contain these inside sentences, and one such character would shift all lines
after it against those of the parallel file. Here only a line feed ends a line.
"""

import errno
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from lingweave.errors import TextFileError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLOCK_BYTES = 1 << 20
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def read_lines(path: Path | str) -> Iterator[str]:
    r"""Yield the lines of a UTF-8 file, one at a time, without their line ends (`\n` or `\r\n`).

    A byte order mark at the start of the file is no part of the first line.

    Args:
        path: a text file; it is opened when the first line is asked for.

    Yields:
        the lines in order, so that `enumerate(read_lines(path), start=1)` counts as editors do.

    Raises:
        TextFileError: the file is missing, is a folder, cannot be read, or a line is not UTF-8.
    """
    number = 0
    try:
        with Path(path).open("rb") as file:
            for number, line in enumerate(file, start=1):
                if number == 1:
                    line = line.removeprefix(_BYTE_ORDER_MARK)
                yield line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
    except UnicodeDecodeError as error:
        raise not_utf8(path, number, error) from error
    except OSError as error:
        raise file_error("read", path, error) from error


def count_lines(path: Path | str) -> int:
    """Count the lines that `read_lines` would yield, without decoding them.

    Args:
        path: a text file.

    Returns:
        the number of lines; a last line without a line feed counts.

    Raises:
        TextFileError: the file is missing, is a folder or cannot be read.
    """
    num_lines, last_byte = 0, b"\n"
    try:
        with Path(path).open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                num_lines += block.count(b"\n")
                last_byte = block[-1:]
    except OSError as error:
        raise file_error("read", path, error) from error
    return num_lines + (last_byte != b"\n")


@contextmanager
def replace_whole(path: Path | str) -> Iterator[Path]:
    """Let a file of any kind appear under its name only when the block succeeds.

    Until then it is a hidden file in the same folder. If the block fails or is interrupted, that
    one is removed and what stood at `path` before stays as it was. Missing folders are made. A link
    stays, and the file that it leads to is replaced; a device or pipe is written to as it is.

    Args:
        path: the file to write or to replace.

    Yields:
        the path at which the block writes: the hidden file's, or that of the device or pipe.

    Raises:
        TextFileError: the file cannot be made, or the disk is full.
    """
    path = Path(path)
    if is_stream(path):
        yield path
        return
    path = path.resolve() if path.is_symlink() else path
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.touch(exist_ok=False)
    except OSError as error:
        raise file_error("write", path, error) from error
    try:
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        _appear(partial, path)
    except OSError as error:
        if error.errno in _DISK_FULL:
            raise file_error("write", path, error) from error
        raise
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def atomic_write(path: Path | str) -> Iterator[TextIO]:
    r"""Open a text file (UTF-8, `\n`) that appears whole or not at all; see `replace_whole`.

    Args:
        path: the file to write or to replace.

    Yields:
        the open file.

    Raises:
        TextFileError: the file cannot be made, or the disk is full.
    """
    with replace_whole(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        yield file


def exists(path: Path) -> bool:
    """Whether there is a file, folder or anything else of this name.

    Raises:
        TextFileError: one may not look there, or no file can have this name.
    """
    try:
        return path.exists()
    except OSError as error:
        raise file_error("read", path, error) from error


def require_whole_characters(
    text: str, path: Path | str, line: int | None = None, where: str = ""
) -> None:
    """Check text that came from JSON, which may hold half of a character, as no UTF-8 could.

    Args:
        text: of which every character will be used.
        path: where it stands.
        line: there, if that is known.
        where: told before the problem, if there is more to say.

    Raises:
        TextFileError: it holds one.
    """
    if _HALF_CHARACTER.search(text):
        raise TextFileError(
            f"{where}a text holds half of a character, such as \\ud83d",
            remedy="cut text between characters, not between the halves of UTF-16",
            path=path,
            line=line,
        )


def is_stream(path: Path) -> bool:
    """Whether it is a device or a pipe, such as /dev/null: no file may take its place."""
    return exists(path) and not path.is_file() and not path.is_dir()


def _appear(partial: Path, path: Path) -> None:
    try:
        partial.replace(path)
    except OSError as error:  # for example: `path` is a folder
        raise file_error("write", path, error) from error


def not_utf8(path: Path | str, line: int, error: UnicodeDecodeError) -> TextFileError:
    """The error for a line (1-based) that could not be decoded."""
    found = error.object[error.start]
    return TextFileError(
        f"the line is not UTF-8 (byte 0x{found:02x} at position {error.start + 1})",
        remedy="convert the file to UTF-8, for example with iconv",
        path=path,
        line=line,
    )


def file_error(verb: str, path: Path | str, error: OSError) -> TextFileError:
    """The error for a file that cannot be read or written (the verb)."""
    if error.errno in _DISK_FULL:
        problem, remedy = "no space left on the disk", "free some space or write somewhere else"
    elif isinstance(error, FileNotFoundError):
        problem, remedy = "no such file", "check the path"
    elif isinstance(error, IsADirectoryError):
        problem, remedy = "this is a folder, not a text file", "name a file"
    else:
        reason = error.strerror or type(error).__name__
        problem, remedy = f"cannot {verb} the file ({reason})", "check the path and its permissions"
    return TextFileError(problem, remedy=remedy, path=path)


def require_place(path: Path) -> None:
    """Check, before long work, that a file could be written at `path`.

    Raises:
        TextFileError: it is a folder, what should be a folder above it is a file, or one may not
            write there.
    """
    if is_stream(path):
        return
    if path.is_dir():
        raise file_error("write", path, IsADirectoryError())
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not (above.is_dir() and os.access(above, os.W_OK)):
        raise TextFileError(
            "one cannot write in this place" if above.is_dir() else "this is no folder",
            remedy="choose another place to write to",
            path=above,
        )


def require_distinct(outputs: Sequence[Path], inputs: Sequence[Path]) -> None:
    """Check, before any work, that no output would take the place of an input or another output.

    Raises:
        TextFileError: one would, under whatever name.
    """
    taken = {path.resolve(): "this is an input, too" for path in inputs}
    for path in outputs:
        if is_stream(path):
            continue
        if (problem := taken.get(path.resolve())) is not None:
            raise TextFileError(problem, remedy="give each output its own name", path=path)
        taken[path.resolve()] = "two outputs would be this file"


def make_folder(path: Path) -> None:
    """Make a folder and those above it, unless they are there.

    Raises:
        TextFileError: a file is in the way, or one may not write there.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TextFileError(
            f"this folder cannot be made ({error.strerror})",
            remedy="choose another place",
            path=path,
        ) from error
