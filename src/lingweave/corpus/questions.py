"""Questions about texts in: SQuAD 1.1 JSON (as MLQA, XQuAD and TyDiQA-GoldP use it), or the hub.

The answers are spans of the text: every one must stand where its offset says, to the character, or
what is learnt and scored would be another text than what was annotated.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lingweave.corpus.files import exists, read_lines, require_whole_characters
from lingweave.corpus.hub import open_hub, parse_hub_name
from lingweave.errors import TableError, TextFileError


@dataclass(frozen=True, slots=True)
class Answer:
    """A span of the context: its text, and the 0-based character it starts at."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a context.

    Attributes:
        id: names it in files of predictions; unlike any other's of its file.
        question: what is asked.
        context: the text that holds the answer.
        answers: as different people gave them; none, if the context holds no answer.
    """

    id: str
    question: str
    context: str
    answers: tuple[Answer, ...]


def read_questions(location: Path | str, *, split: str | None = "train") -> Iterator[Question]:
    """Yield the questions of a file, in order.

    - a file: SQuAD 1.1 JSON (`data` → `paragraphs` → `qas`).
    - `owner/name` or `owner/name:config`, if no file has that name: a hub dataset in SQuAD's
      columns (`id`, `question`, `context`, `answers` with `text` and `answer_start`), streamed.

    TyDiQA-GoldP's ids come several times in a file; of those the second becomes `ID#2`, so that a
    file of predictions can hold both.

    Args:
        location: the file, or the hub dataset's name.
        split: of a hub dataset, None is refused there; of no meaning for files.

    Yields:
        the questions.

    Raises:
        TableError: it is no SQuAD JSON, a question or context is empty, or an answer does not stand
            where its offset says.
        TextFileError: the file is missing, a line is not UTF-8, or a text has half a character.
    """
    seen: Counter[str] = Counter()
    num_questions = 0
    for entry, context in _entries(location, split):
        question = _question(entry, context, location)
        num_questions += 1
        seen[question.id] += 1
        name = question.id if seen[question.id] == 1 else f"{question.id}#{seen[question.id]}"
        yield Question(name, question.question, question.context, question.answers)
    if num_questions == 0:
        raise TableError("it holds no question", remedy="check the file's content", path=location)


def _entries(location: Path | str, split: str | None) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """Yield (question, context) as they stand there."""
    path = Path(location)
    if exists(path):
        yield from _entries_of_json(path)
        return
    name = parse_hub_name(location) if isinstance(location, str) else None
    if name is None:
        raise TextFileError("no such file", remedy="check the path", path=location)
    for row in open_hub(name, split=split, error=TableError):
        answers = row.get("answers")
        if isinstance(answers, dict) and {"text", "answer_start"} <= answers.keys():
            pairs = zip(answers["text"], answers["answer_start"], strict=True)
            row = row | {"answers": [{"text": text, "answer_start": at} for text, at in pairs]}
        yield row, row.get("context")


def _entries_of_json(path: Path) -> Iterator[tuple[Mapping[str, Any], Any]]:
    text = "\n".join(read_lines(path))
    try:
        for article in json.loads(text)["data"]:
            for paragraph in article["paragraphs"]:
                for entry in paragraph["qas"]:
                    yield entry, paragraph["context"]
    except json.JSONDecodeError as error:
        raise TableError(
            f"this is not JSON ({error.msg})",
            remedy="give a file in SQuAD's format",
            path=path,
            line=error.lineno,
        ) from error
    except (KeyError, TypeError) as error:
        raise TableError(
            f"this is not SQuAD's format ({_named(error)})",
            remedy="give a file with data, paragraphs, qas and context",
            path=path,
        ) from error


def _question(entry: Mapping[str, Any], context: Any, location: Path | str) -> Question:  # noqa: ANN401
    try:
        name, question = str(entry["id"]), entry["question"]
        answers = tuple(
            Answer(str(one["text"]), int(one["answer_start"])) for one in entry["answers"]
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise TableError(
            f"a question is not in SQuAD's format ({_named(error)})",
            remedy="give each id, question and answers with text and answer_start",
            path=location,
        ) from error
    for part, text in (("question", question), ("context", context)):
        if not isinstance(text, str) or not text.strip():
            raise TableError(
                f"question {name}: the {part} is empty",
                remedy="fill it in or remove the question",
                path=location,
            )
        require_whole_characters(text, location, where=f"question {name}: ")
    for answer in answers:
        end = answer.start + len(answer.text)
        # Python would count a negative offset from the end of the context.
        found = context[answer.start : end] if answer.start >= 0 else ""
        if not answer.text or found != answer.text:
            raise TableError(
                f"question {name}: at character {answer.start} stands {found!r}, "
                f"not the answer {answer.text!r}",
                remedy="mend answer_start, which counts characters from 0",
                path=location,
            )
    return Question(name, question, context, answers)


def _named(error: Exception) -> str:
    return f"no {error}" if isinstance(error, KeyError) else str(error)
