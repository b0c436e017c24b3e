"""Bitext that is split into words already, in the format of fast_align, as Arrow columns.

One pair a line, `source words ||| target words`, words separated by white space. Millions
of lines are split without making a Python string of every word; the file is read as a stream.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lingweave.corpus.files import file_error, not_utf8, read_lines
from lingweave.errors import BitextError

BYTES_AT_ONCE = 2**24
SEPARATOR = "|||"
_SCHEMA = pa.schema({"source": pa.list_(pa.string()), "target": pa.list_(pa.string())})


def is_tokenized_file(location: object) -> bool:
    """Whether this is the path of one file whose first line has the separator of fast_align."""
    if not isinstance(location, str | Path) or not Path(location).is_file():
        return False
    return Path(location).suffix != ".tsv" and SEPARATOR in next(read_lines(location), "").split()


def read_tokenized(path: Path | str, *, lowercase: bool = False) -> pa.RecordBatchReader:
    """Read sentence pairs that are split into words.

    Args:
        path: a UTF-8 text file; it is opened when the first batch is asked for.
        lowercase: whether to put words in lower case, as `str.lower` does.

    Returns:
        A stream of the columns `source` and `target`, each a list of words per pair; a side may be
        empty.

    Raises:
        TextFileError: while reading: the file is missing or a line is not UTF-8.
        BitextError: while reading: a line has no separator, or more than one.
    """
    return pa.RecordBatchReader.from_batches(_SCHEMA, _batches(Path(path), lowercase))


def _batches(path: Path, lowercase: bool) -> Iterator[pa.RecordBatch]:
    num_lines = 0
    for block in _whole_lines(path):
        # Arrow now and then leaves a carriage return at the end of a word.
        lines = block.replace(b"\r\n", b"\n").split(b"\n")
        if not lines[-1]:
            lines.pop()
        batch = _split(lines, path, num_lines)
        yield _lowercased(batch) if lowercase else batch
        num_lines += len(lines)


def _whole_lines(path: Path) -> Iterator[bytes]:
    """Blocks of the file that end where a line ends."""
    rest = b""
    try:
        with path.open("rb") as file:
            if file.peek(3).startswith(b"\xef\xbb\xbf"):  # a byte order mark
                file.seek(3)
            while block := file.read(BYTES_AT_ONCE):
                head, line_feed, tail = block.rpartition(b"\n")
                if line_feed:
                    yield rest + head + line_feed
                    rest = tail
                else:
                    rest += tail
    except OSError as error:
        raise file_error("read", path, error) from error
    if rest:
        yield rest


def _split(lines: list[bytes], path: Path, num_before: int) -> pa.RecordBatch:
    """Split lines into the words of both sides."""
    try:
        texts = pa.array(lines, pa.binary()).cast(pa.string())
    except pa.ArrowInvalid as error:
        for number, line in enumerate(lines, start=num_before + 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as found:
                raise not_utf8(path, number, found) from found
        raise AssertionError("Arrow and Python differ in what UTF-8 is") from error
    tokens = pc.utf8_split_whitespace(texts)
    words = tokens.flatten()
    # Spaces at the ends of a line leave empty words there.
    is_empty, is_separator = (_equal(words, value) for value in ("", SEPARATOR))
    line_of_word = np.repeat(np.arange(len(lines)), np.diff(tokens.offsets.to_numpy()))
    num_separators = np.bincount(line_of_word[is_separator], minlength=len(lines))
    wrong = np.flatnonzero(num_separators != 1)
    if wrong.size:
        raise _no_pair(lines[wrong[0]], path, num_before + int(wrong[0]) + 1)
    # Each line has one separator, so those before a word tell the side it is on.
    is_source = np.cumsum(is_separator) == line_of_word
    columns = []
    for is_side in (is_source, ~is_source & ~is_separator):
        chosen = is_side & ~is_empty
        ends = np.cumsum(np.bincount(line_of_word[chosen], minlength=len(lines)))
        offsets = pa.array(np.concatenate(([0], ends)).astype(np.int32))
        columns.append(pa.ListArray.from_arrays(offsets, words.filter(pa.array(chosen))))
    return pa.record_batch(columns, schema=_SCHEMA)


def _lowercased(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Put all words in lower case, each distinct word once."""
    columns = []
    for column in batch.columns:
        encoded = column.values.dictionary_encode()
        lowered = pa.array([word.lower() for word in encoded.dictionary.to_pylist()], pa.string())
        columns.append(pa.ListArray.from_arrays(column.offsets, lowered.take(encoded.indices)))
    return pa.record_batch(columns, schema=_SCHEMA)


def _equal(words: pa.StringArray, value: str) -> npt.NDArray[np.bool_]:
    result: npt.NDArray[np.bool_] = pc.equal(words, value).to_numpy(zero_copy_only=False)
    return result


def _no_pair(line: bytes, path: Path, number: int) -> BitextError:
    text = line.decode("utf-8")
    count = text.split().count(SEPARATOR)
    glued = count == 0 and SEPARATOR in text
    return BitextError(
        "no space beside `|||`" if glued else f"{count} separators `|||`, expected 1",
        remedy="write the line as `source ||| target`, with a space on both sides of |||",
        path=path,
        line=number,
    )
