"""Labelled examples in: rows of named text fields from TSV, JSONL or the hub, streamed.

What the fields mean is a task's business. Here a field is a non-empty text that stands in a column,
and a TSV is raw: a quote is a character like any other, as the published NLI files need it (their
sentences have unbalanced quotes, which a CSV reader would take for the start of a long field).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any, TypeAlias

from lingweave.corpus.files import exists, read_lines, require_whole_characters
from lingweave.corpus.hub import HubName, open_hub, parse_hub_name
from lingweave.errors import TableError, TextFileError

Column: TypeAlias = str | int
"""A column by its name or, in a TSV without a header, by its 0-based position."""

_MAX_SHOWN, _MAX_WIDTH = 20, 40

_NAME_COLUMNS = "rename its own, or name them in a recipe, by `columns:`"
_HEADER_REMEDY = (
    "give the file a header with that name, or name its columns in a recipe, by `columns:` "
    "(numbers from 0 if it has no header)"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One example: `row["premise"]`; `line` is its 1-based line (in a hub dataset: its row)."""

    line: int
    fields: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.fields[name]


def read_table(
    location: Path | str,
    columns: Mapping[str, Column],
    *,
    where: Mapping[Column, str] | None = None,
    split: str | None = "train",
) -> Iterator[Row]:
    """Yield the rows of a table, each checked, one at a time.

    - `.jsonl` or `.json`: one JSON object a line; numbers become text.
    - any other file: TSV. Columns given by name need a header in line 1; columns given by number
      mean that there is none.
    - `owner/name` or `owner/name:config`, if no file has that name: a hub dataset, streamed. The
      numbers of a label column become the names that the dataset gives them.

    Args:
        location: the file, or the hub dataset's name.
        columns: for each field of the result, the column it comes from; all by name or all by
            number.
        where: keep only the rows that have these values in these columns.
        split: of a hub dataset, None is refused there; of no meaning for files.

    Yields:
        the rows in order; take the first n with `itertools.islice`.

    Raises:
        TableError: a column is missing, a row has too many or too few, a field is empty, a line is
            no JSON object, no row is left, or the hub does not have the dataset.
        TextFileError: the file is missing, a line is not UTF-8, or a text has half a character.
    """
    where = where or {}
    source = _cells(location, [*columns.values(), *where], split)
    seen: dict[Column, set[str]] = {column: set() for column in where}
    num_rows = num_kept = 0
    for line, cells in source:
        num_rows += 1
        if _matches(cells, where, seen):
            num_kept += 1
            yield Row(line, _fields(cells, columns, location, line))
    if num_rows == 0:
        raise TableError("the table has no rows", remedy="check the file's content", path=location)
    if num_kept == 0:
        wanted = " and ".join(f"{column} = {value}" for column, value in where.items())
        found = "; ".join(f"{column}: {_some(values)}" for column, values in seen.items())
        raise TableError(
            f"no row has {wanted} (found {found})", remedy="choose a value found", path=location
        )


_Cells: TypeAlias = Mapping[Column, str]


def _cells(
    location: Path | str, columns: list[Column], split: str | None
) -> Iterator[tuple[int, _Cells]]:
    """Yield each row's line and the text of at least those columns."""
    path = Path(location)
    if not exists(path):
        name = parse_hub_name(location) if isinstance(location, str) else None
        if name is None:
            raise TextFileError("no such file", remedy="check the path", path=location)
        return _cells_of_hub(name, columns, split)
    if path.suffix in {".jsonl", ".json"}:
        return _cells_of_jsonl(path, columns)
    if any(isinstance(column, int) for column in columns):
        return _cells_of_headerless_tsv(path, columns)
    return _cells_of_tsv(path, columns)


def _cells_of_tsv(path: Path, columns: list[Column]) -> Iterator[tuple[int, _Cells]]:
    lines = enumerate(read_lines(path), start=1)
    header = next((line.split("\t") for _, line in lines), [])
    if len(header) == 1 and not set(columns) <= set(header):
        raise TableError(
            "line 1 holds no TAB, expected a header with one between columns",
            remedy="separate columns by one TAB; a table with commas must be converted",
            path=path,
            line=1,
        )
    _refuse_missing(columns, header, path, 1, remedy=_HEADER_REMEDY)
    for column in columns:
        if header.count(str(column)) > 1:
            raise TableError(
                f"two columns are called {column}",
                remedy="rename the one that is not meant",
                path=path,
                line=1,
            )
    for number, line in lines:
        cells = line.split("\t")
        if len(cells) != len(header):
            raise _wrong_number(len(cells), f"{len(header)} as in the header", path, number)
        yield number, dict(zip(header, cells, strict=True))


def _cells_of_headerless_tsv(path: Path, columns: list[Column]) -> Iterator[tuple[int, _Cells]]:
    named = [column for column in columns if not isinstance(column, int)]
    if named:
        raise TableError(
            f"columns by number and by name ({_some(named)}) were mixed",
            remedy="give all by number (a file without a header) or all by name",
            path=path,
        )
    num_columns = 0
    for number, line in enumerate(read_lines(path), start=1):
        cells = line.split("\t")
        num_columns = num_columns or len(cells)
        if len(cells) != num_columns:
            raise _wrong_number(len(cells), f"{num_columns} as in line 1", path, number)
        by_position: _Cells = dict(enumerate(cells))
        _refuse_missing(columns, by_position, path, number)
        yield number, by_position


def _cells_of_jsonl(path: Path, columns: list[Column]) -> Iterator[tuple[int, _Cells]]:
    for number, line in enumerate(read_lines(path), start=1):
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise TableError(
                f"the line is not JSON ({error.msg} at position {error.pos + 1})",
                remedy="write one JSON object on each line",
                path=path,
                line=number,
            ) from error
        if not isinstance(row, dict):
            raise TableError(
                f"expected a JSON object, found {type(row).__name__}",
                remedy="write one JSON object on each line",
                path=path,
                line=number,
            )
        _refuse_missing(columns, row, path, number)
        yield number, {name: _text(row[name], name, path, number) for name in columns}


def _cells_of_hub(
    name: HubName, columns: list[Column], split: str | None
) -> Iterator[tuple[int, _Cells]]:
    rows = open_hub(name, split=split, error=TableError)
    class_names = {column: rows.class_names(str(column)) for column in columns}
    for number, row in enumerate(rows, start=1):
        _refuse_missing(columns, row, str(name), number)
        cells: dict[Column, str] = {}
        for column in columns:
            value, names = row[str(column)], class_names[column]
            if names is not None and isinstance(value, int):
                value = names[value] if 0 <= value < len(names) else None  # -1: no label
            cells[column] = _text(value, column, str(name), number)
        yield number, cells


def _matches(cells: _Cells, where: Mapping[Column, str], seen: dict[Column, set[str]]) -> bool:
    """Tell whether a row is wanted; remember some values, for the message if none is."""
    for column, values in seen.items():
        if len(values) <= _MAX_SHOWN:
            values.add(cells[column])
    return all(cells[column] == value for column, value in where.items())


def _fields(
    cells: _Cells, columns: Mapping[str, Column], location: Path | str, line: int
) -> dict[str, str]:
    fields = {name: cells[column] for name, column in columns.items()}
    for name, text in fields.items():
        if not text.strip():
            raise TableError(
                f"the {name} is empty (column {columns[name]})",
                remedy="fill it in or remove the row",
                path=location,
                line=line,
            )
    return fields


def _text(value: Any, column: Column, path: Path | str, line: int) -> str:
    if isinstance(value, str):
        require_whole_characters(value, path, line)
        return value
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise TableError(
        f"column {column} holds a {type(value).__name__}, expected text",
        remedy="choose a column of text",
        path=path,
        line=line,
    )


def _refuse_missing(
    columns: list[Column], found: Any, path: Path | str, line: int, *, remedy: str = _NAME_COLUMNS
) -> None:
    for column in columns:
        if column not in found:
            raise TableError(
                f"no column {column} (found: {_some(found)})",
                remedy=remedy,
                path=path,
                line=line,
            )


def _wrong_number(num_found: int, expected: str, path: Path, line: int) -> TableError:
    return TableError(
        f"{num_found} columns, expected {expected}",
        remedy="separate columns by one TAB, and write no TAB or line break within a field",
        path=path,
        line=line,
    )


def _some(values: Any) -> str:
    names = sorted(shorten(str(value), _MAX_WIDTH, placeholder="…") for value in values)
    return ", ".join(names[:_MAX_SHOWN]) + (", …" if len(names) > _MAX_SHOWN else "")
