"""Predictions kept example by example, so that any comparison can be made later, without weights.

One Parquet file for a study (and one for each tested model, before), readable by pandas, polars,
duckdb or `datasets`. A row is one example in one language for one model; its columns:

    system, setting, task, selection, language      text; whose prediction it is
    pretraining_seed, finetuning_seed               of that model
    example                                         0-based place in the test set
    prediction, gold                                text: labels; tags with spaces between; the
                                                    answer, and all right answers as JSON
    num_characters                                  of the example's input
    statistics                                      numbers whose sum over examples makes the scores

The file of one tested model has all but the first four and the seeds.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lingweave.corpus import replace_whole
from lingweave.errors import TableError
from lingweave.evaluation.significance import Runs
from lingweave.tasks import Statistics, Task

PREDICTIONS = "predictions.parquet"
_COMPRESSION = "zstd"
_ROWS_AT_ONCE = 200_000
"""Of a study: what repeats within so many rows is stored once."""

_OF_MODEL = pa.schema(
    [
        ("language", pa.string()),
        ("example", pa.int32()),
        ("prediction", pa.string()),
        ("gold", pa.string()),
        ("num_characters", pa.int32()),
        ("statistics", pa.list_(pa.float64())),
    ]
)


class Model(NamedTuple):
    """Whose predictions they are: one fine-tuned model of a study."""

    system: str
    setting: str
    task: str
    selection: str
    pretraining_seed: int
    finetuning_seed: int


class Cell(NamedTuple):
    """What all models have in common that differ by their seeds: the first fields of `Model`."""

    system: str
    setting: str
    task: str
    selection: str


PRE_TRAINING, FINE_TUNING = "pre-training", "fine-tuning"
"""What seeds belong to; begins their names."""

_OF_STUDY = pa.schema(
    [
        *((name, pa.string()) for name in Model._fields[:4]),
        *((name, pa.int64()) for name in Model._fields[4:]),
        *_OF_MODEL,
    ]
)


@dataclass(frozen=True)
class Outcome:
    """What a model made of the test set of one language.

    Attributes:
        statistics: see `lingweave.tasks.Statistics`, (N, K).
        num_characters: of each example's input, (N,).
    """

    statistics: Statistics
    num_characters: NDArray[np.int32]


Predictions = Mapping[Model, Mapping[str, Outcome]]
"""By model and language."""


def prediction_table(
    task: Task, language: str, examples: Sequence[Any], predictions: Sequence[Any]
) -> pa.Table:
    """The rows of one language, for `write_predictions`.

    Args:
        task: what was done.
        language: of the examples.
        examples: of the test set.
        predictions: one for each.
    """
    texts = [task.as_text(*pair) for pair in zip(examples, predictions, strict=True)]
    return pa.table(
        {
            "language": [language] * len(examples),
            "example": range(len(examples)),
            "prediction": [text.prediction for text in texts],
            "gold": [text.gold for text in texts],
            "num_characters": [text.num_characters for text in texts],
            "statistics": list(task.statistics(examples, predictions)),
        },
        schema=_OF_MODEL,
    )


def write_predictions(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write what one model predicted, language by language.

    Args:
        path: the file to write.
        tables: as `prediction_table` makes them.
    """
    pq.write_table(pa.concat_tables(tables), path, compression=_COMPRESSION)


def join_predictions(path: Path, models: Iterable[tuple[Model, Path, Sequence[str]]]) -> None:
    """Write the file of a study from those of its models; it appears whole or not at all.

    Args:
        path: the file to write.
        models: who they are, their files, and the languages that are taken.
    """
    pending: list[pa.Table] = []
    with (
        replace_whole(path) as partial,
        closing(pq.ParquetWriter(partial, _OF_STUDY, compression=_COMPRESSION)) as writer,
    ):
        for model, own, languages in models:
            pending.append(_of_study(model, pq.read_table(own), languages))
            if sum(map(len, pending)) >= _ROWS_AT_ONCE:
                writer.write_table(pa.concat_tables(pending))
                pending.clear()
        if pending:
            writer.write_table(pa.concat_tables(pending))


def _of_study(model: Model, table: pa.Table, languages: Sequence[str]) -> pa.Table:
    """A model's rows in some languages, with the columns that say whose they are."""
    table = table.filter(pc.is_in(table["language"], pa.array(languages)))
    for index, (name, value) in enumerate(model._asdict().items()):
        values = pa.repeat(pa.scalar(value, _OF_STUDY.field(name).type), len(table))
        table = table.add_column(index, _OF_STUDY.field(name), values)
    return table


def read_model_predictions(path: Path) -> dict[str, Outcome]:
    """What one model made of each language, from the file of `write_predictions`.

    Raises:
        TableError: the file is damaged.
    """
    return _by_language(_read(path, _OF_MODEL, []))


def read_predictions(path: Path) -> dict[Model, dict[str, Outcome]]:
    """What each model of a study made of each language, from the file of `join_predictions`.

    Raises:
        TableError: the file is no such file, or damaged.
    """
    table = _read(path, _OF_STUDY, list(Model._fields))
    found: dict[Model, dict[str, Outcome]] = {}
    for start, end in _groups(table, Model._fields):
        first = table.slice(start, 1).select(Model._fields).to_pylist()[0]
        # A setting may have a model for each language: they are one, as far as scores go.
        found.setdefault(Model(**first), {}).update(_by_language(table.slice(start, end - start)))
    return found


def _read(path: Path, schema: pa.Schema, names: Sequence[str]) -> pa.Table:
    columns = [*names, "language", "num_characters", "statistics"]
    try:
        if missing := set(columns) - set(pq.read_schema(path).names):
            raise pa.ArrowKeyError(f"no column {', '.join(sorted(missing))}")
        return pq.read_table(path, columns=columns, schema=schema)
    except (OSError, pa.ArrowException) as error:
        raise TableError(
            "these are no predictions of this version, or the file is damaged",
            remedy="remove it, or run the study again",
            path=path,
        ) from error


def _by_language(table: pa.Table) -> dict[str, Outcome]:
    sets = {}
    for start, end in _groups(table, ["language"]):
        rows = table.slice(start, end - start).combine_chunks()
        values = rows["statistics"].combine_chunks().flatten().to_numpy()
        sets[rows["language"][0].as_py()] = Outcome(
            values.reshape(len(rows), -1), rows["num_characters"].to_numpy()
        )
    return sets


def _groups(table: pa.Table, names: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where rows that agree in these columns begin and end: they stand together."""
    changes = np.zeros(len(table), dtype=bool)
    changes[:1] = True
    for name in names:
        codes = table[name].combine_chunks().dictionary_encode().indices.to_numpy()
        changes[1:] |= codes[1:] != codes[:-1]
    starts = np.flatnonzero(changes).tolist()
    yield from zip(starts, [*starts[1:], len(table)], strict=True)


def seed_runs(predictions: Predictions, cell: Cell, languages: Sequence[str]) -> Runs:
    """The models of a cell by the seed in which they count as different.

    That is the seed of pre-training, if there are several: what was fine-tuned from one encoder
    speaks of that encoder alone. Else it is the seed of fine-tuning.

    Args:
        predictions: of a study.
        cell: whose models; each must have predictions in all languages.
        languages: the test sets, in order.
    """
    models = [model for model in predictions if model[: len(cell)] == cell]
    several = len({model.pretraining_seed for model in models}) > 1
    by_seed: dict[str, list[Model]] = defaultdict(list)
    for model in models:
        fine_tuning = f"{FINE_TUNING} {model.finetuning_seed}"
        seed = f"{PRE_TRAINING} {model.pretraining_seed}" if several else fine_tuning
        by_seed[seed].append(model)
    return {
        seed: [[predictions[model][language].statistics for model in own] for language in languages]
        for seed, own in by_seed.items()
    }
