"""The stage that tokenises aligned text, once for all systems that start from the same encoder.

Results: `pairs.arrow`, which is read where it lies (`EncodedPairs`), and `tokenized.json` with the
languages and counts. The text is a stream: in memory are some thousand pairs at a time.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from transformers import PreTrainedTokenizerFast

from lingweave.corpus import NUMBERS, PAIRS_OF_NUMBERS, WordSpans, list_column, list_values
from lingweave.encoder import SequenceTemplate, encode_words, load_tokenizer
from lingweave.study import aligning
from lingweave.study.stage import Workplace

VERSION = 1
PAIRS, SUMMARY = "pairs.arrow", "tokenized.json"
TOKENIZER, BITEXT = "tokenizer", "bitext"
SIDES = ("source", "target")
LINKS = ("links", "forward", "reverse")
_PIECES = [f"{side}_{what}" for side in SIDES for what in ("pieces", "words")]
_SCHEMA = pa.schema(dict.fromkeys(_PIECES, NUMBERS) | dict.fromkeys(LINKS, PAIRS_OF_NUMBERS))


def tokenize_pairs(place: Workplace, max_length: int) -> None:
    """Tokenise an aligned bitext.

    Args:
        place: inputs are `tokenizer`, an encoder's checkpoint, and `bitext`, which is aligned.
        max_length: pieces of one sentence, special tokens counted; longer ones are cut. The limit
            holds also within a pair, so that every objective sees the same pieces.
    """
    tokenizer = load_tokenizer(place.inputs[TOKENIZER])
    folder = place.inputs[BITEXT]
    max_pieces = pieces_of_sentence(tokenizer, max_length)
    alignment = json.loads((folder / aligning.SUMMARY).read_text("utf-8"))
    summary: dict[str, Any] = {"languages": alignment["languages"], "pairs": 0}
    summary |= {f"{side}_pieces": 0 for side in SIDES}
    with pa.ipc.new_file(str(place.out / PAIRS), _SCHEMA) as writer:
        for block in _encoded(folder, tokenizer, max_pieces):
            writer.write_batch(block)
            summary["pairs"] += block.num_rows
            for side in SIDES:
                summary[f"{side}_pieces"] += len(block[f"{side}_pieces"].values)
    (place.out / SUMMARY).write_text(json.dumps(summary, indent=1, ensure_ascii=False), "utf-8")


def pieces_of_sentence(tokenizer: PreTrainedTokenizerFast, max_length: int) -> int:
    """How many pieces of a sentence fit `max_length` beside the special tokens."""
    template = SequenceTemplate.of(tokenizer)
    return max_length - len(template.before) - len(template.after)


def languages_of(folders: list[Path]) -> list[str]:
    """The languages, where they are known, of texts that finished stages left in their folders."""
    summaries = [json.loads((folder / SUMMARY).read_text("utf-8")) for folder in folders]
    return sorted({code for summary in summaries for code in summary["languages"] if code})


def _encoded(
    folder: Path, tokenizer: PreTrainedTokenizerFast, max_pieces: int
) -> Iterator[pa.RecordBatch]:
    """The blocks of an aligned bitext in pieces."""
    for block in aligning.read_blocks(folder):
        columns = []
        for side in SIDES:
            sentences = block[side].to_pylist()
            words = WordSpans(*list_values(block[f"{side}_words"]))
            encoded = encode_words(tokenizer, sentences, words, max_pieces=max_pieces)
            columns.append(list_column(encoded.pieces, encoded.starts))
            columns.append(list_column(encoded.words, encoded.starts))
        columns += [block[name] for name in LINKS]
        yield pa.record_batch(columns, schema=_SCHEMA)
