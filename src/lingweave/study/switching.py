"""Examples of a task with words switched: texts out of them, and switched texts back in.

What follows the text goes with it: answers are spans of the switched context, and each word of a
replacement has the tag of the word that it replaced.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lingweave.codeswitch import (
    CoveredSentence,
    Lexicon,
    LexiconSwitchOptions,
    SwitchedText,
    SwitchMeasures,
    switch_by_lexicon,
)
from lingweave.corpus import Answer, Span, TaggedSentence, segmenter, segmenter_for_language
from lingweave.tasks import Task
from lingweave.tasks.classification import ClassificationTask
from lingweave.tasks.question_answering import QuestionAnsweringTask, QuestionExample
from lingweave.tasks.tagging import TaggingTask, joined_words
from lingweave.training.chance import Purpose, numpy_generator

TextWithWords = tuple[str, Sequence[Span]]
Switch = Callable[[CoveredSentence, int, int, np.random.Generator], SwitchedText]
"""Switches a sentence: text so and so of example so and so, both 0-based."""

_BETWEEN_SPACES = segmenter("whitespace")


def texts_of(task: Task, example: Any, language: str) -> list[TextWithWords]:  # noqa: ANN401
    """The texts of an example with the character offsets of their words.

    Args:
        task: one of classification, question answering or tagging, as recipes are checked for.
        example: of that task.
        language: of the texts; its segmenter finds words that are not given.
    """
    if isinstance(task, TaggingTask):
        return [joined_words(example.words)]
    if isinstance(task, QuestionAnsweringTask):
        fields: tuple[str, ...] = ("question", "context")
    else:
        assert isinstance(task, ClassificationTask)
        fields = task.texts
    split = segmenter_for_language(language)
    texts = [getattr(example, name) for name in fields]
    return [(text, split(text)) for text in texts]


def with_texts(task: Task, example: Any, switched: Sequence[SwitchedText]) -> Any:  # noqa: ANN401
    """The same example with switched texts, in the order of `texts_of`."""
    if isinstance(task, TaggingTask):
        return _retagged(example, switched[0])
    if isinstance(task, QuestionAnsweringTask):
        return _asked_anew(example, *switched)
    assert isinstance(task, ClassificationTask)
    texts = {name: one.text for name, one in zip(task.texts, switched, strict=True)}
    return replace(example, **texts)


@dataclass(frozen=True)
class Switcher:
    """Switches the examples of a task.

    Attributes:
        task: see `texts_of`.
        language: of the examples.
        lexicons: from that language.
        seed: of all choices; what happens to an example depends on it and the example's number.
    """

    task: Task
    language: str
    lexicons: Sequence[Lexicon]
    seed: int

    def covered(self, examples: Sequence[Any]) -> list[list[CoveredSentence]]:
        """The texts of each example, all words looked up."""
        return [
            [
                CoveredSentence.of(text, words, self.lexicons)
                for text, words in texts_of(self.task, example, self.language)
            ]
            for example in examples
        ]

    def switched(
        self,
        examples: Sequence[Any],
        covered: Sequence[Sequence[CoveredSentence]],
        switch: Switch,
    ) -> tuple[list[Any], SwitchMeasures]:
        """The examples with their texts switched, and how much was.

        Args:
            examples: as read.
            covered: their texts, as `covered` gives them.
            switch: is called with a generator of the text's own.
        """
        measures, made = SwitchMeasures(), []
        for number, (example, sentences) in enumerate(zip(examples, covered, strict=True)):
            texts = []
            for place, sentence in enumerate(sentences):
                generator = numpy_generator(self.seed, Purpose.SWITCHING, number, place)
                text = switch(sentence, number, place, generator)
                measures.add(text, sentence.words, self.language, len(sentence.choices))
                texts.append(text)
            made.append(with_texts(self.task, example, texts))
        return made, measures


def switch_examples(
    switcher: Switcher, examples: Sequence[Any], options: LexiconSwitchOptions
) -> tuple[list[Any], SwitchMeasures]:
    """Switch each text of each example by lexicon, once; see `switch_by_lexicon`.

    CoSDA-ML's authors switch anew in every batch (2006.06402, section 3).
    """

    def switch(
        sentence: CoveredSentence, _number: int, _place: int, generator: np.random.Generator
    ) -> SwitchedText:
        return switch_by_lexicon(sentence, options, generator)

    return switcher.switched(examples, switcher.covered(examples), switch)


def _asked_anew(
    example: QuestionExample, question: SwitchedText, context: SwitchedText
) -> QuestionExample:
    answers = []
    for answer in example.answers:
        start, end = context.map_span(answer.start, answer.start + len(answer.text))
        answers.append(Answer(context.text[start:end], start))
    return replace(example, question=question.text, context=context.text, answers=tuple(answers))


def _retagged(example: TaggedSentence, switched: SwitchedText) -> TaggedSentence:
    _, spans = joined_words(example.words)
    new_spans = switched.map_words(spans, _BETWEEN_SPACES)
    tags = switched.map_tags(example.tags, spans, new_spans)
    words = tuple(switched.text[start:end] for start, end in new_spans)
    return replace(example, words=words, tags=tuple(tags))
