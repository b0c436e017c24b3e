"""Extractive question answering: which words of a text answer a question?

MLQA (Lewis et al. 2020, 1910.07475), XQuAD (Artetxe et al. 2020, 1910.11856) and TyDiQA-GoldP
(Clark et al. 2020, 2003.05002), each by its official F1 and exact match (`answers.py`). Context and
question may be in two languages; scores go by that of the context, in which the answer is.

The answer is the span with the highest sum of start and end score over all windows of the context
(`windows.py`). All questions of these sets have an answer, so one is always given; only in a set in
which some question has none, "no answer" competes with the spans, as in SQuAD 2.0's baseline.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import nn
from transformers import AutoModelForQuestionAnswering, PreTrainedTokenizerFast

from lingweave.corpus import Answer, read_questions
from lingweave.errors import TableError
from lingweave.objectives import SpanPrediction
from lingweave.tasks.answers import (
    MLQA_LANGUAGES,
    Normalise,
    answer_scores,
    mlqa_normalised,
    squad_normalised,
)
from lingweave.tasks.base import Metric, PredictionText, Statistics, predictions_file, ratio
from lingweave.tasks.examples import Examples
from lingweave.tasks.heads import load_model, new_model, outputs
from lingweave.tasks.windows import (
    Asked,
    Candidate,
    Window,
    best_answers,
    candidates,
    no_answer_score,
    windows,
)
from lingweave.training.options import Precision

Answers = list[tuple[str, float]]
"""Texts with their scores, best first; "" is "there is no answer"."""


@dataclass(frozen=True)
class QuestionExample:
    """A question about a context.

    Attributes:
        id: names it in files of predictions.
        question: what is asked.
        context: the text that holds the answer.
        answers: spans of the context; none, if it holds no answer.
        language: of the context.
    """

    id: str
    question: str
    context: str
    answers: tuple[Answer, ...]
    language: str


F1 = Metric("f1", "F1", lambda sums: ratio(sums[..., 0], sums[..., 2]))
EXACT_MATCH = Metric("exact_match", "exact match", lambda sums: ratio(sums[..., 1], sums[..., 2]))


@dataclass(frozen=True, kw_only=True)
class QuestionAnsweringTask:
    """Extractive question answering with one benchmark's official score.

    Attributes:
        version: see `Task`.
        normalise: how answers are compared.
        languages: of contexts, for which that is defined; None for all.
        metrics: see `Task`.
        chance: see `Task`.
        max_length: see `Task`; of one window.
    """

    version: int
    normalise: Normalise
    languages: tuple[str, ...] | None = None
    metrics: tuple[Metric, ...] = (F1, EXACT_MATCH)
    chance: float | None = None
    max_length: int = 384  # as BERT's and XTREME's

    def read(self, source: Examples) -> Iterator[QuestionExample]:
        """Yield the questions of a SQuAD JSON file or a hub dataset in its columns.

        Raises:
            TableError: the file is not as it should be, the score is not defined for this language,
                or columns are named, which this format does not have.
        """
        language = source.context_language
        if self.languages is not None and language not in self.languages:
            raise TableError(
                f"the official score is not defined for contexts in {language!r}",
                remedy=f"choose from {', '.join(self.languages)}, or a task with SQuAD's score",
                path=source.path,
            )
        if source.columns or source.where:
            raise TableError(
                "`columns` and `where` have no meaning for questions in SQuAD's format",
                remedy="leave them out",
                path=source.path,
            )
        questions = read_questions(source.path, split=source.split)
        return (
            QuestionExample(one.id, one.question, one.context, one.answers, language)
            for one in questions
        )

    def new_model(self, checkpoint: Path | str, *, seed: int) -> nn.Module:
        """An encoder with an untrained layer for starts and ends."""
        return new_model(AutoModelForQuestionAnswering, checkpoint, seed=seed)

    def load_model(self, checkpoint: Path | str) -> nn.Module:
        """A model that finds answers."""
        return load_model(AutoModelForQuestionAnswering, checkpoint)

    def encode(
        self,
        tokenizer: PreTrainedTokenizerFast,
        examples: Sequence[QuestionExample],
        max_length: int,
    ) -> list[Window]:
        """The windows of each question; see `windows`. The first answer is the one to learn.

        Args:
            tokenizer: of the encoder.
            examples: to be encoded.
            max_length: pieces of a window, special tokens counted.
        """
        asked = [
            Asked(one.question, one.context, one.answers[0] if one.answers else None)
            for one in examples
        ]
        return windows(tokenizer, asked, max_length)

    def objective(self, tokenizer: PreTrainedTokenizerFast) -> SpanPrediction:
        """Cross-entropy of start and end."""
        return SpanPrediction(tokenizer)

    def predict(
        self,
        model: nn.Module,
        tokenizer: PreTrainedTokenizerFast,
        examples: Sequence[QuestionExample],
        sequences: Sequence[Window],
        precision: Precision,
    ) -> list[Answers]:
        """The best answers to each question, over all its windows."""
        offered: list[list[Candidate]] = [[] for _ in examples]
        none_scores = [np.inf] * len(examples)
        for chosen, output in outputs(model, self.objective(tokenizer), sequences, precision):
            start_BL = output.start_logits.float().cpu().numpy()
            end_BL = output.end_logits.float().cpu().numpy()
            for row, index in enumerate(chosen):
                window = sequences[index]
                offered[window.example] += candidates(window, start_BL[row], end_BL[row])
                score = no_answer_score(start_BL[row], end_BL[row])
                none_scores[window.example] = min(none_scores[window.example], score)
        answers = [
            best_answers(one.context, spans) for one, spans in zip(examples, offered, strict=True)
        ]
        if all(one.answers for one in examples):
            return answers
        return [
            sorted([*own, ("", score)], key=lambda answer: -answer[1])
            for own, score in zip(answers, none_scores, strict=True)
        ]

    def statistics(
        self, examples: Sequence[QuestionExample], predictions: Sequence[Answers]
    ) -> Statistics:
        """F1, exact match and 1 for each question, (N, 3)."""
        scores = [
            answer_scores(
                _first(answers),
                [answer.text for answer in example.answers],
                example.language,
                self.normalise,
            )
            for example, answers in zip(examples, predictions, strict=True)
        ]
        return np.column_stack([np.array(scores), np.ones(len(scores))])

    def write(
        self,
        folder: Path,
        language: str,
        examples: Sequence[QuestionExample],
        predictions: Sequence[Answers],
    ) -> None:
        """Keep three files.

        `predictions.LANGUAGE.json` is what the official scripts read, {id: answer};
        `n_best.LANGUAGE.json` has the next best answers with their scores; and
        `predictions.LANGUAGE.tsv` each question's F1 and exact match.
        """
        by_id = zip((example.id for example in examples), predictions, strict=True)
        best = {name: _first(answers) for name, answers in by_id}
        _write_json(folder / f"predictions.{language}.json", best)
        several = {
            example.id: [{"text": text, "score": score} for text, score in answers]
            for example, answers in zip(examples, predictions, strict=True)
        }
        _write_json(folder / f"n_best.{language}.json", several)
        statistics = self.statistics(examples, predictions).tolist()
        rows = [
            f"{example.id}\t{f1!r}\t{exact_match!r}"
            for example, (f1, exact_match, _) in zip(examples, statistics, strict=True)
        ]
        text = "\n".join(["id\tf1\texact_match", *rows]) + "\n"
        predictions_file(folder, language).write_text(text, "utf-8")

    def as_text(self, example: QuestionExample, prediction: Answers) -> PredictionText:
        """The best answer, and all right ones as a JSON list."""
        return PredictionText(
            prediction=_first(prediction),
            gold=json.dumps([answer.text for answer in example.answers], ensure_ascii=False),
            num_characters=len(example.question) + len(example.context),
        )


def _first(answers: Answers) -> str:
    return answers[0][0] if answers else ""


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


MLQA = QuestionAnsweringTask(version=1, normalise=mlqa_normalised, languages=MLQA_LANGUAGES)
SQUAD = QuestionAnsweringTask(version=1, normalise=squad_normalised)
