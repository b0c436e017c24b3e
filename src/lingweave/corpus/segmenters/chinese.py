"""Chinese words by jieba (its default mode, with the hidden Markov model for unknown words)."""

import logging
import tempfile
from functools import cache
from typing import TYPE_CHECKING, Any

import jieba

from lingweave.corpus.segmenters.locate import locate

if TYPE_CHECKING:
    from lingweave.corpus.segmenters import Span


def segment(text: str) -> "list[Span]":
    """Return the spans of what `jieba.lcut(text)` returns, without the spaces."""
    return locate(text, _tokenizer().cut(text))


@cache
def _tokenizer() -> Any:
    jieba.setLogLevel(logging.WARNING)  # else it tells on stderr how it loads its dictionary
    tokenizer = jieba.Tokenizer()
    # It keeps its dictionary under a fixed name in the folder for temporary files and later trusts
    # whatever lies there. A folder of our own keeps old dictionaries and strangers' files out.
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.tmp_dir = folder
        tokenizer.initialize()
    return tokenizer
