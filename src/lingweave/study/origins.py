"""Where training examples were read: told when a loss is not finite, so that they can be looked at.

Nothing of it is kept while training goes well. What was read is read once more, in the same way.
"""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from lingweave.config import BitextSource
from lingweave.corpus import read_lines
from lingweave.study.examples import read_examples
from lingweave.study.joined_pairs import JoinedPairs
from lingweave.tasks import Examples, Task
from lingweave.training import Origin


def origins_of_pairs(
    indices: Sequence[int], pairs: JoinedPairs, sources: Sequence[BitextSource]
) -> list[Origin]:
    """Where sentence pairs stand in their bitexts.

    Args:
        indices: of the pairs, 0-based.
        pairs: each part of them is one bitext.
        sources: the bitexts.
    """
    places = [pairs.locate(index) for index in indices]
    found: dict[tuple[int, int], Origin] = {}
    for part in {part for part, _ in places}:
        rows = {row for own, row in places if own == part}
        bitext = sources[part].open()
        for row, pair in enumerate(islice(bitext, max(rows) + 1)):
            if row in rows:
                found[part, row] = Origin(bitext.name, pair.line)
    return [found[place] for place in places]


def origins_of_sentences(numbers: Sequence[int], texts: Sequence[Path]) -> list[Origin]:
    """Where sentences stand in plain text.

    Args:
        numbers: of the sentences, 0-based; blank lines are none.
        texts: one sentence a line.
    """
    read = [
        Origin(str(path), line)
        for path in texts
        for line, sentence in enumerate(read_lines(path), start=1)
        if sentence.strip()
    ]
    return [read[number] for number in numbers]


def origins_of_sequences(
    indices: Sequence[int], sequences: Sequence[Any], task: Task, sources: Sequence[Examples]
) -> list[Origin]:
    """Where the labelled examples stand that sequences were made of.

    Args:
        indices: of the sequences, 0-based.
        sequences: as the task encodes its examples; a part of an example names it in `example`.
        task: reads the examples.
        sources: of the examples, one after another.
    """
    read = [
        # Questions have no lines: their files are one JSON object.
        Origin(source.path, getattr(example, "line", None))
        for source in sources
        for example in read_examples(task, source)
    ]
    return [read[getattr(sequences[index], "example", index)] for index in indices]
