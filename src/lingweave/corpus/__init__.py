"""Text in: what the rest of lingweave reads, and how it names the words in it.

In come files, folders and hub datasets. Out come sentence pairs (`open_bitext`), labelled rows
(`read_table`), questions about texts (`read_questions`), tagged sentences (`read_tagged`) and, for
a sentence, the character offsets of its words (`segmenter`). Whatever is wrong is refused with its
file and line. Nothing here knows about models.
"""

from lingweave.corpus.bitext import Bitext, OnEmpty, SentencePair, open_bitext
from lingweave.corpus.files import (
    atomic_write,
    count_lines,
    make_folder,
    read_lines,
    replace_whole,
    require_place,
)
from lingweave.corpus.list_columns import NUMBERS, PAIRS_OF_NUMBERS, list_column, list_values
from lingweave.corpus.questions import Answer, Question, read_questions
from lingweave.corpus.segmenters import Segmenter, Span, segmenter, segmenter_for_language
from lingweave.corpus.tables import XNLI_COLUMNS, XTREME_COLUMNS, Column, Row, read_table
from lingweave.corpus.tagged import HUB_COLUMNS, TaggedSentence, read_tagged
from lingweave.corpus.tokenized import is_tokenized_file, read_tokenized
from lingweave.corpus.word_spans import WordSpans

__all__ = [
    "HUB_COLUMNS",
    "NUMBERS",
    "PAIRS_OF_NUMBERS",
    "XNLI_COLUMNS",
    "XTREME_COLUMNS",
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
    "require_place",
    "segmenter",
    "segmenter_for_language",
]
