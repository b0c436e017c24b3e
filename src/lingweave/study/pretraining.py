"""The stages that train encoders before any task.

An encoder from scratch, a new head, and each system's objective.
Each leaves a checkpoint that `AutoModel` and `AutoModelForMaskedLM` load, and `training.json`.
"""

import json
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lingweave import __version__
from lingweave.config import (
    BitextSource,
    Feed,
    HeadWarmup,
    Pretraining,
    ScratchEncoder,
    feed_of,
    options_of,
)
from lingweave.corpus import read_lines
from lingweave.encoder import (
    Encoder,
    ModelCard,
    SequenceTemplate,
    encode_words,
    freeze,
    load_encoder,
    new_encoder,
    num_positions,
    prediction_head,
    save_encoder,
)
from lingweave.errors import CheckpointError, TextFileError, TrainingError
from lingweave.objectives import EncodedPair, MLMOptions, ObjectiveOptions, make_objective
from lingweave.study.feed import FedPairs
from lingweave.study.origins import origins_of_pairs, origins_of_sentences
from lingweave.study.stage import Workplace
from lingweave.study.tokenizing import languages_of, pieces_of_sentence
from lingweave.training import Origin, Progress, Run, TrainingOptions, processes, train

logger = logging.getLogger(__name__)

VERSION = 5
SCRATCH_VERSION = 3
TRAINING = "training.json"
_NO_LINKS = np.empty((0, 2), dtype=np.int32)


def train_from_scratch(place: Workplace, source: ScratchEncoder, seed: int) -> None:
    """Train a small encoder by MLM on unpaired text.

    Args:
        place: results are the checkpoint.
        source: texts, shape of the encoder and how to train it.
        seed: of every choice.

    Raises:
        TextFileError: there is no text.
    """
    texts = [Path(text) for text in source.texts]
    encoder = new_encoder(texts, source.shape, seed=seed)
    sentences = [line for path in texts for line in read_lines(path) if line.strip()]
    if not sentences:
        raise TextFileError("there is no text", remedy="give sentences, one a line", path=texts[0])
    half = source.shape.max_length // 2  # so that later two sentences fit one sequence
    _check_room(encoder, half)
    max_pieces = pieces_of_sentence(encoder.tokenizer, half)
    no_words = [()] * len(sentences)
    encoded = encode_words(encoder.tokenizer, sentences, no_words, max_pieces=max_pieces)
    halves = zip(encoded[::2], encoded[1::2], strict=False)
    examples = [EncodedPair(first, second, _NO_LINKS) for first, second in halves]

    def origins(indices: Sequence[int]) -> list[Origin]:
        """Those of the first sentence of each two."""
        return origins_of_sentences([2 * index for index in indices], texts)

    run = Run(
        options=source.training,
        seed=seed,
        work=place.resume,
        report=place.report,
        origins=origins,
    )
    progress = _train_mlm(encoder, examples, source.masking, run)
    card = ModelCard(
        title="A small encoder trained from scratch",
        base_model="nothing",
        languages=[],
        made_by=_facts("mlm", {"masking": source.masking}, source.training, seed, progress),
    )
    _finish(place.out, encoder, card, progress)


def prepare_encoder(
    place: Workplace,
    warmup: HeadWarmup,
    seed: int,
    max_length: int,
    sources: Sequence[BitextSource],
) -> None:
    """Load a checkpoint; where it has no masked-LM head, add one and train it, the encoder frozen.

    Args:
        place: inputs are `checkpoint` and tokenised bitexts, whose sentences the head is trained
            on.
        warmup: how to train the head.
        seed: draws the head's weights and all else.
        max_length: pieces of one sentence, special tokens counted.
        sources: of the bitexts.
    """
    checkpoint, *texts = place.inputs.values()
    encoder = load_encoder(checkpoint, seed=seed)
    progress = Progress()
    if encoder.has_new_head:
        logger.warning(
            "%s has no masked-LM head: one tied to its embeddings is added and trained for "
            "%s updates, the encoder frozen; all systems start from it",
            checkpoint,
            warmup.max_updates,
        )
        _check_room(encoder, max_length)
        for parameter in encoder.model.parameters():
            parameter.requires_grad = False
        tied = {id(parameter) for parameter in encoder.model.base_model.parameters()}
        for parameter in prediction_head(encoder.model).parameters():
            parameter.requires_grad = id(parameter) not in tied
        examples = FedPairs(texts, Feed(), [], seed)
        run = Run(
            options=warmup,
            seed=seed,
            work=place.resume,
            report=place.report,
            origins=partial(origins_of_pairs, pairs=examples, sources=sources),
        )
        progress = _train_mlm(encoder, examples, warmup.masking, run)
    facts = _facts("head warm-up", {"masking": warmup.masking}, warmup, seed, progress)
    card = ModelCard(
        title="The encoder that all systems start from",
        base_model=checkpoint.name if checkpoint.is_dir() else str(checkpoint),
        languages=[],
        made_by=facts if encoder.has_new_head else {"changes": "none"},
    )
    _finish(place.out, encoder, card, progress, has_new_head=encoder.has_new_head)


def pretrain_system(
    place: Workplace,
    options: ObjectiveOptions,
    pretraining: Pretraining,
    seed: int,
    sources: Sequence[BitextSource],
) -> None:
    """Continue pre-training with one objective on all aligned bitexts.

    Args:
        place: inputs are `encoder` and tokenised bitexts.
        options: of a registered objective, and what feeds it.
        pretraining: how to train.
        seed: of every choice.
        sources: of the bitexts; they name their true links, where it is fed these.

    Raises:
        CheckpointError: the encoder has fewer layers than are to be frozen, or asked for.
        TrainingError: micro-batches are asked for, which would change the objective's loss.
    """
    if options.needs_whole_updates and pretraining.micro_batch_size is not None:
        raise TrainingError(
            "the objective compares words of the whole update, which micro-batches would part",
            remedy="leave out micro_batch_size, or take negatives of the same pair",
        )
    start, *texts = place.inputs.values()
    encoder = load_encoder(start)
    gold = [Path(source.gold) for source in sources if source.gold is not None]
    examples = FedPairs(texts, feed_of(options), gold, seed)
    _check_room(encoder, pretraining.max_length)
    if pretraining.frozen_layers is not None:
        freeze(encoder.model, pretraining.frozen_layers)
    objective = make_objective(options.objective, encoder.tokenizer, options)
    # Before training, also in a later sitting: weights to go on from are loaded by `train`.
    objective.begin(encoder.model, seed=seed)
    progress = train(
        encoder.model,
        objective,
        examples,
        Run(
            options=pretraining,
            seed=seed,
            work=place.resume,
            report=place.report,
            needs_whole_updates=options.needs_whole_updates,
            origins=partial(origins_of_pairs, pairs=examples, sources=sources),
        ),
    )
    objective.finish(encoder.model)
    card = ModelCard(
        title=f"An encoder trained with {options.objective.upper()}",
        base_model=start.name,
        languages=languages_of(texts),
        made_by=_facts(options.objective, options_of(options), pretraining, seed, progress),
    )
    _finish(place.out, encoder, card, progress)


def _train_mlm(
    encoder: Encoder, examples: Sequence[EncodedPair], masking: float, run: Run
) -> Progress:
    """MLM on single sentences, two to an example."""
    objective = make_objective("mlm", encoder.tokenizer, MLMOptions(masking=masking))
    return train(encoder.model, objective, examples, run)


def _check_room(encoder: Encoder, max_length: int) -> None:
    """Refuse sentences so long that two of them, joined, would not fit.

    Raises:
        CheckpointError: they are more than the encoder has positions for.
    """
    template = SequenceTemplate.of(encoder.tokenizer)
    pieces = 2 * pieces_of_sentence(encoder.tokenizer, max_length)
    special = len(template.pair_before) + len(template.pair_between) + len(template.pair_after)
    positions = num_positions(encoder.model)
    if positions is not None and pieces + special > positions:
        raise CheckpointError(
            f"two sentences of {max_length} pieces do not fit its {positions} positions",
            remedy=f"lower max_length to {positions // 2} or less",
        )


def _facts(
    objective: str,
    options: dict[str, Any],
    training: TrainingOptions,
    seed: int,
    progress: Progress,
) -> dict[str, Any]:
    return {
        "objective": objective,
        **{name: value for name, value in options.items() if name != "objective"},
        "learning rate": training.learning_rate,
        "batch size": training.batch_size,
        "updates": progress.update,
        "tokens": progress.tokens,
        "seed": seed,
        "lingweave": __version__,
    }


def _finish(
    out: Path, encoder: Encoder, card: ModelCard, progress: Progress, **more: object
) -> None:
    """Write the results; the main process does."""
    if not processes.is_main():
        return
    save_encoder(encoder, out, card=card)
    record = {
        "updates": progress.update,
        "tokens": progress.tokens,
        "seconds": round(progress.seconds, 1),
        "losses": progress.losses,
        **more,
    }
    (out / TRAINING).write_text(json.dumps(record, indent=1), "utf-8")
