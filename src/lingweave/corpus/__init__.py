"""Text in: what the rest of lingweave reads, and how it names the words in it.

In come files, folders and hub datasets. Out come sentence pairs (`open_bitext`), labelled rows
(`read_table`) and, for a sentence, the character offsets of its words (`segmenter`). All of it is
streamed; whatever is wrong is refused with its file and line. Nothing here knows about models.
"""

from lingweave.corpus.bitext import Bitext, SentencePair, open_bitext
from lingweave.corpus.files import atomic_write, make_folder, read_lines
from lingweave.corpus.segmenters import Segmenter, Span, segmenter, segmenter_for_language
from lingweave.corpus.tables import XNLI_COLUMNS, XTREME_COLUMNS, Row, read_table

__all__ = [
    "XNLI_COLUMNS",
    "XTREME_COLUMNS",
    "Bitext",
    "Row",
    "Segmenter",
    "SentencePair",
    "Span",
    "atomic_write",
    "make_folder",
    "open_bitext",
    "read_lines",
    "read_table",
    "segmenter",
    "segmenter_for_language",
]
