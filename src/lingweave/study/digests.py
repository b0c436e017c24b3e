"""Digests of what is read: the content of texts and labelled examples, for the hashes of stages."""

import hashlib
import logging
from collections.abc import Iterable, Mapping

from lingweave.study.examples import read_examples
from lingweave.tasks import TASKS, Examples

logger = logging.getLogger(__name__)


class ExampleDigests:
    """What goes into hashes for labelled examples: their content, read once in a plan."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    def of(self, task: str, sources: Mapping[str, Examples]) -> dict[str, str]:
        """The digest of each source, by role."""
        return {role: self._one(task, source) for role, source in sources.items()}

    def _one(self, task: str, source: Examples) -> str:
        key = task, source.model_dump_json()
        if key not in self._known:
            examples = read_examples(TASKS[task], source)
            if source.first is not None and len(examples) < source.first:
                logger.warning(
                    "%s: the first %d examples are asked for, but it has %d",
                    source.path,
                    source.first,
                    len(examples),
                )
            self._known[key] = digest_of_texts(str(example) for example in examples)
        return self._known[key]


def digest_of_texts(texts: Iterable[str]) -> str:
    """SHA-256 over texts, one after another, each with its end marked."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode())
        digest.update(b"\n")
    return digest.hexdigest()
