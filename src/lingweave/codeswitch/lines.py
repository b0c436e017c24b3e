"""Switching a text file line by line: what the verb `lingweave switch` does.

Streamed, so the file may be larger than memory. The result for line n depends on the line, the
lexicons, the options, the seed and n alone: each line has a generator seeded by (seed, n), so no
two lines share their chance, and what is added at the end of a file leaves the rest as it was.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import numpy as np

from lingweave.codeswitch.from_lexicon import (
    CoveredSentence,
    LexiconSwitchOptions,
    switch_by_lexicon,
)
from lingweave.codeswitch.lexicon import Lexicon
from lingweave.codeswitch.measures import SwitchMeasures
from lingweave.codeswitch.switching import Switch, SwitchedText
from lingweave.corpus import Segmenter, atomic_write, read_lines, require_distinct
from lingweave.errors import UserError

UNKNOWN = "und"
"""The language of text that nobody named (ISO 639-2: undetermined)."""


def switch_lines(
    lines: Iterable[str],
    lexicons: Sequence[Lexicon],
    options: LexiconSwitchOptions,
    measures: SwitchMeasures,
    *,
    segment: Segmenter,
    seed: int,
) -> Iterator[SwitchedText]:
    """Switch lines of text one by one.

    Args:
        lines: the text, without line ends; the first is line 1.
        lexicons: all from the text's language.
        options: the ratios.
        measures: every line is added to it as it is yielded.
        segment: finds the words of a line.
        seed: with the line's number the source of all its chance.

    Yields:
        each line as it is now, with what was switched.

    Raises:
        UserError: there is no lexicon, or they are from different languages.
    """
    language = source_language(lexicons)
    for number, line in enumerate(lines, start=1):
        sentence = CoveredSentence.of(line, segment(line), lexicons)
        generator = np.random.default_rng((seed, number))
        switched = switch_by_lexicon(sentence, options, generator)
        measures.add(switched, sentence.words, language, len(sentence.choices))
        yield switched


def switch_file(
    text: Path | str,
    lexicons: Sequence[Lexicon],
    options: LexiconSwitchOptions,
    out: Path | str,
    *,
    segment: Segmenter,
    seed: int,
    provenance: Path | str | None = None,
) -> SwitchMeasures:
    """Switch a text file.

    Both files written appear whole or not at all.

    Args:
        text: UTF-8, one sentence a line.
        lexicons: all from the text's language.
        options: the ratios.
        out: the file to write, line by line that of `text`.
        segment: finds the words of a line.
        seed: with the line's number the source of all its chance.
        provenance: a JSONL file to write, too: what was switched in each line.

    Returns:
        the measures of the whole file.

    Raises:
        TextFileError: a file cannot be read or written, or two of them are the same.
        UserError: there is no lexicon, or they are from different languages.
    """
    outputs = [Path(path) for path in (out, provenance) if path is not None]
    require_distinct(outputs, [Path(text)])
    measures = SwitchMeasures()
    with ExitStack() as stack:
        out_file = stack.enter_context(atomic_write(out))
        record_file = None if provenance is None else stack.enter_context(atomic_write(provenance))
        lines = switch_lines(
            read_lines(text), lexicons, options, measures, segment=segment, seed=seed
        )
        for number, switched in enumerate(lines, start=1):
            out_file.write(switched.text + "\n")
            if record_file is not None:
                record_file.write(format_provenance(switched, number) + "\n")
    return measures


def format_provenance(switched: SwitchedText, line: int) -> str:
    """One line of JSON: the line's number and its switches, offsets in characters."""
    switches = [
        asdict(switch) | {"replacement": switched.replacement(switch)}
        for switch in switched.switches
    ]
    return json.dumps({"line": line, "switches": switches}, ensure_ascii=False)


def read_provenance(text: Path | str, provenance: Path | str) -> Iterator[tuple[SwitchedText, int]]:
    """Read back a switched file with what was switched in it.

    Args:
        text: the switched file.
        provenance: its JSONL file.

    Yields:
        (switched text, 1-based line).

    Raises:
        UserError: a line of either file does not go with that of the other.
    """
    records, number = read_lines(provenance), 0
    for number, line in enumerate(read_lines(text), start=1):
        record = next(records, None)
        try:
            fields = json.loads(record or "")
            pairs = [(entry.pop("replacement"), Switch(**entry)) for entry in fields["switches"]]
            switched = SwitchedText(line, tuple(switch for _, switch in pairs))
            fits = fields["line"] == number and all(
                switched.replacement(switch) == replacement for replacement, switch in pairs
            )
        except (ValueError, TypeError, KeyError):
            fits = False
        if not fits:
            raise UserError(
                "this is not the record of the same line of the switched text",
                remedy="give the two files that were written together",
                path=provenance,
                line=number,
            )
        yield switched, number
    if next(records, None) is not None:
        raise UserError(
            f"there are more records than the {number} lines of the switched text",
            remedy="give the two files that were written together",
            path=provenance,
        )


def source_language(lexicons: Sequence[Lexicon]) -> str:
    """The language that all lexicons are from; `und` if none names it.

    Raises:
        UserError: there is no lexicon, or they name different languages.
    """
    named = sorted({lexicon.source_language for lexicon in lexicons} - {None}, key=str)
    if not lexicons or len(named) > 1:
        found = f"lexicons from {', '.join(map(str, named))}" if lexicons else "no lexicon"
        raise UserError(
            f"found {found}, expected one or more, all from the text's language",
            remedy="give lexicons from the language of the text",
        )
    return str(named[0]) if named else UNKNOWN
