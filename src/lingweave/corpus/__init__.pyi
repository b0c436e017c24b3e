from .bitext import Bitext, OnEmpty, SentencePair, open_bitext
from .files import (
    atomic_write,
    count_lines,
    make_folder,
    read_lines,
    replace_whole,
    require_distinct,
    require_place,
)
from .list_columns import NUMBERS, PAIRS_OF_NUMBERS, list_column, list_values
from .questions import Answer, Question, read_questions
from .segmenters import Segmenter, Span, segmenter, segmenter_for_language, segmenter_name
from .tables import Column, Row, read_table
from .tagged import HUB_COLUMNS, TaggedSentence, read_tagged
from .tokenized import is_tokenized_file, read_tokenized
from .word_spans import WordSpans, words_in

__all__ = [
    "HUB_COLUMNS",
    "NUMBERS",
    "PAIRS_OF_NUMBERS",
    "Answer",
    "Bitext",
    "Column",
    "Question",
    "OnEmpty",
    "Row",
    "Segmenter",
    "SentencePair",
    "Span",
    "TaggedSentence",
    "WordSpans",
    "atomic_write",
    "count_lines",
    "is_tokenized_file",
    "list_column",
    "list_values",
    "make_folder",
    "open_bitext",
    "read_lines",
    "read_questions",
    "read_table",
    "read_tagged",
    "read_tokenized",
    "replace_whole",
    "require_distinct",
    "require_place",
    "segmenter",
    "segmenter_for_language",
    "segmenter_name",
    "words_in",
]
