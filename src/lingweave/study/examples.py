"""Labelled examples as a recipe names them."""

from itertools import islice
from typing import Any

from lingweave.config import Examples
from lingweave.corpus import read_table
from lingweave.errors import TableError
from lingweave.tasks import ClassificationTask


def read_examples(task: ClassificationTask, source: Examples) -> list[Any]:
    """Read and check the examples.

    Args:
        task: says which fields a row must hold.
        source: where they are; its {language} is filled in.

    Raises:
        TableError: wrong columns, rows or labels, or fewer examples than are to be passed over.
    """
    columns = source.columns or {name: name for name in task.fields}
    missing = [name for name in task.fields if name not in columns]
    if missing:
        raise TableError(
            f"no column is named for {missing[0]!r}",
            remedy=f"give `columns` for {', '.join(task.fields)}",
            path=source.path,
        )
    rows = read_table(source.path, columns, where=dict(source.where.items()), split=source.split)
    stop = None if source.first is None else source.skip + source.first
    examples = [task.example(row, source.path) for row in islice(rows, source.skip, stop)]
    if not examples:
        raise TableError(
            f"nothing is left behind the first {source.skip} examples",
            remedy="lower `skip`",
            path=source.path,
        )
    return examples
