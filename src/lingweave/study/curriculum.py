"""Progressive code-switching in a study: the relevance of words, and examples that grow harder.

The relevance stage measures, by a model fine-tuned on the plain examples, what each word of each
training example matters to its prediction. Fine-tuning then has each example once for each stage
of the curriculum, switched so far, and draws at each update which of them is trained on.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lingweave.codeswitch import (
    CoveredSentence,
    ProgressiveOptions,
    SwitchedText,
    SwitchMeasures,
    draw_stage,
    stage_of_update,
    switch_at_stage,
)
from lingweave.codeswitch import Progress as PlateauProgress
from lingweave.encoder import load_tokenizer
from lingweave.evaluation.relevance import RelevanceMethod, text_relevance
from lingweave.study.examples import read_examples
from lingweave.study.stage import Workplace
from lingweave.study.switching import Switcher, texts_of
from lingweave.tasks import TASKS, Examples
from lingweave.training import Progress
from lingweave.training.chance import Purpose, numpy_generator

VERSION = 1
SWITCHING_VERSION = 3
"""Of how examples are switched for the stages of a curriculum: in the hashes of fine-tunings."""
RELEVANCE = "relevance.npz"

Relevance = Sequence[Sequence[NDArray[np.float64]]]
"""Of each text of each example the relevance of its words, (W,)."""


def measure_relevance(
    place: Workplace,
    task_name: str,
    train: Examples,
    language: str,
    method: RelevanceMethod,
    max_length: int,
) -> None:
    """Measure how much each word of the training examples matters to the prediction.

    Args:
        place: its input is `model`, fine-tuned on the plain examples.
        task_name: a task with one label for a text or a pair.
        train: the examples.
        language: of the examples.
        method: see `lingweave.evaluation.relevance`.
        max_length: pieces, special tokens counted.

    Raises:
        CheckpointError: the method has no rule for a part of the model.
    """
    task = TASKS[task_name]
    model = task.load_model(place.inputs["model"])
    model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    texts = [texts_of(task, one, language) for one in read_examples(task, train)]
    relevance = text_relevance(
        model,
        load_tokenizer(place.inputs["model"]),
        [[text for text, _ in example] for example in texts],
        [[words for _, words in example] for example in texts],
        method,
        max_length=max_length,
    )
    lengths = [[len(of_text) for of_text in of_example] for of_example in relevance]
    values = np.concatenate([of_text for of_example in relevance for of_text in of_example])
    np.savez(place.out / RELEVANCE, lengths=np.array(lengths), values=values)


def load_relevance(folder: Path) -> Relevance:
    """What a finished stage measured."""
    with np.load(folder / RELEVANCE, allow_pickle=False) as kept:
        lengths, values = kept["lengths"], kept["values"]
    parts = np.split(values, np.cumsum(lengths.ravel())[:-1])
    num_texts = lengths.shape[1]
    return [parts[at : at + num_texts] for at in range(0, len(parts), num_texts)]


def switch_for_stages(
    switcher: Switcher,
    examples: Sequence[Any],
    relevance: Relevance,
    options: ProgressiveOptions,
) -> list[tuple[list[Any], SwitchMeasures]]:
    """The examples as each stage of the curriculum has them, the plain stage 0 first.

    A word that is switched at one stage is so at all later ones, by the same translation, since
    each text has the same generator at every stage.
    """
    covered = switcher.covered(examples)

    def made(stage: int) -> tuple[list[Any], SwitchMeasures]:
        def switch(
            sentence: CoveredSentence, number: int, place: int, generator: np.random.Generator
        ) -> SwitchedText:
            return switch_at_stage(sentence, relevance[number][place], stage, options, generator)

        return switcher.switched(examples, covered, switch)

    return [made(stage) for stage in range(options.last_stage + 1)]


class Curriculum(Sequence[Any]):
    """Training examples whose stage depends on the update, and by chance on the draw for replay.

    Args:
        versions: the encoded examples as each stage has them, all of one length.
        options: of the curriculum.
        seed: of the draws; what is drawn at an update depends on it and the update alone.
    """

    def __init__(
        self, versions: Sequence[Sequence[Any]], options: ProgressiveOptions, seed: int
    ) -> None:
        assert len({len(version) for version in versions}) == 1  # one sequence of each example
        self._versions, self._options, self._seed = versions, options, seed
        self._update, self._stage = 0, 0

    def __len__(self) -> int:
        return len(self._versions[0])

    def __getitem__(self, index: Any) -> Any:  # noqa: ANN401 - a sequence of whatever is trained on
        generator = numpy_generator(
            self._seed, Purpose.REPLAY, self._update, int(index), self._stage
        )
        return self._versions[draw_stage(self._stage, self._options, generator)][index]

    def begin_update(self, progress: Progress, num_updates: int) -> None:
        """Go to the stage that is due.

        Args:
            progress: updates done, and the scores of finished epochs.
            num_updates: of the whole training.
        """
        self._update = progress.update
        if self._options.move == "updates":
            self._stage = stage_of_update(progress.update, num_updates, self._options)
        else:
            self._stage = stage_after_scores(progress.scores, self._options)


def stage_after_scores(scores: Sequence[float], options: ProgressiveOptions) -> int:
    """The stage under the `plateau` move, from the dev scores of all epochs so far."""
    progress = PlateauProgress()
    for score in scores:
        progress = progress.after(score, options)
    return progress.stage
