"""Text in: what the rest of lingweave reads, and how it names the words in it.

In come files, folders and hub datasets. Out come sentence pairs (`open_bitext`), labelled rows
(`read_table`), questions about texts (`read_questions`), tagged sentences (`read_tagged`) and, for
a sentence, the character offsets of its words (`segmenter`). Whatever is wrong is refused with its
file and line. Nothing here knows about models.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
