"""Encoders: checkpoints in and out, the masked-LM head, words ↔ subwords.

In: a directory or hub name of a BERT- or RoBERTa-like model with a fast tokenizer. Out: the same
kind of checkpoint, which `AutoModel`, `AutoModelForMaskedLM` and `AutoTokenizer` load, with a
model card.

A checkpoint without a masked-LM head gets one that is tied to its embeddings;
`Encoder.has_new_head` says so, and such a head must be warmed up before any objective is trained
through it.

Words and subwords ("pieces") meet through character offsets of the untouched sentence, never by
tokenising words one at a time, so that text without spaces, cased and accented text come out right.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self, cast

import numpy as np
import torch
from huggingface_hub import ModelCardData
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator
from safetensors import SafetensorError
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from torch import nn
from transformers import (
    AutoModelForMaskedLM,
    AutoTokenizer,
    BertConfig,
    BertForMaskedLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging as transformers_logging

from lingweave.errors import CheckpointError

IntArray = NDArray[np.int32]
Span = tuple[int, int]

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
    "vocab.json",
    "sentencepiece.bpe.model",
)
"""Without any of these transformers would make an empty tokenizer."""

NO_WORD = -1
"""The word of a piece that belongs to none: white space, or a character no segmenter claims."""


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """A masked language model with its tokenizer.

    Attributes:
        model: any `…ForMaskedLM` whose head is found by `prediction_head`.
        tokenizer: a fast tokenizer, the only kind that gives character offsets.
        has_new_head: the checkpoint held no masked-LM head; this one is untrained.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    has_new_head: bool


@dataclass(frozen=True)
class EncodedSentence:
    """One sentence in pieces, without special tokens.

    Attributes:
        pieces: vocabulary indices, shape (L,).
        words: for each piece the 0-based word it belongs to, or `NO_WORD`, shape (L,).
    """

    pieces: IntArray
    words: IntArray

    def __len__(self) -> int:
        return len(self.pieces)


def prediction_head(model: PreTrainedModel) -> nn.Module:
    """The masked-LM head: hidden states (…, D) → logits (…, V).

    Raises:
        CheckpointError: the architecture keeps its head where lingweave does not look.
    """
    for name in ("cls", "lm_head"):  # BERT and its kin; RoBERTa, XLM-R and theirs
        head = getattr(model, name, None)
        if isinstance(head, nn.Module) and not model.config.is_encoder_decoder:
            return head
    raise CheckpointError(
        f"{type(model).__name__} is neither BERT-like nor RoBERTa-like",
        remedy="use a checkpoint of type bert, roberta, xlm-roberta or camembert",
    )


def load_tokenizer(checkpoint: Path | str) -> PreTrainedTokenizerFast:
    """The fast tokenizer of a checkpoint.

    Raises:
        CheckpointError: there is none, or it cannot give character offsets or a mask token.
    """
    _check_checkpoint(checkpoint)
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(checkpoint))
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"no tokenizer can be loaded ({_first_line(error)})",
            remedy="put tokenizer.json beside the weights",
            path=checkpoint,
        ) from error
    if not tokenizer.is_fast:
        raise CheckpointError(
            f"its tokenizer {type(tokenizer).__name__} gives no character offsets",
            remedy="use a checkpoint with a fast tokenizer (tokenizer.json)",
            path=checkpoint,
        )
    if tokenizer.mask_token_id is None or tokenizer.pad_token_id is None:
        raise CheckpointError(
            "its tokenizer has no mask or padding token",
            remedy="use the checkpoint of a masked language model",
            path=checkpoint,
        )
    return cast(PreTrainedTokenizerFast, tokenizer)


def load_encoder(checkpoint: Path | str, *, seed: int = 0) -> Encoder:
    """Load a masked LM from a directory or the hub; add a head where there is none.

    Args:
        checkpoint: a directory in Hugging Face layout, or a hub name.
        seed: draws the initial weights of a new head.

    Raises:
        CheckpointError: no such checkpoint, unsafe weights, an unsupported architecture, or weights
            missing from the encoder's body.
    """
    tokenizer = load_tokenizer(checkpoint)
    try:
        with quiet_transformers(), torch.random.fork_rng():
            torch.manual_seed(seed)
            model, loading = AutoModelForMaskedLM.from_pretrained(
                str(checkpoint), output_loading_info=True, use_safetensors=True
            )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(
            f"it cannot be loaded as a masked language model ({_first_line(error)})",
            remedy="give a directory with config.json and model.safetensors, or a hub name",
            path=checkpoint,
        ) from error
    prediction_head(model)
    body = model.base_model_prefix + "."
    missing = sorted(loading["missing_keys"])
    lost = [key for key in missing if key.startswith(body)]
    if lost:
        raise CheckpointError(
            f"weights of the encoder are missing ({lost[0]} and {len(lost) - 1} more)",
            remedy="use a complete checkpoint",
            path=checkpoint,
        )
    return Encoder(model=model, tokenizer=tokenizer, has_new_head=bool(missing))


def set_attention_dropout(model: nn.Module, probability: float) -> None:
    """Drop attention weights with this probability, 0–1, whatever the encoder's configuration says.

    The configuration stays, so what is saved is trained elsewhere as its authors meant.
    """
    for name, module in model.named_modules():
        if isinstance(module, nn.Dropout) and name.endswith("attention.self.dropout"):
            module.p = probability


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Silence transformers' reports on missing weights and its bars: we say what matters."""
    previous = transformers_logging.get_verbosity()
    had_bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        transformers_logging.set_verbosity(previous)
        if had_bars:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def save_encoder(encoder: Encoder, folder: Path, *, card: "ModelCard") -> None:
    """Write weights (safetensors), tokenizer and model card to `folder`, which is made."""
    with quiet_transformers():
        encoder.model.save_pretrained(folder)
    encoder.tokenizer.save_pretrained(folder)
    (folder / "README.md").write_text(card.markdown(), encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What a saved checkpoint says about itself.

    Attributes:
        title: the heading.
        base_model: directory or hub name of what it was made from.
        languages: language codes of the text it was trained on here.
        made_by: facts of how it was made, in order: name → value.
    """

    title: str
    base_model: str
    languages: Sequence[str]
    made_by: Mapping[str, object]

    def markdown(self) -> str:
        """The card as README.md of a hub repository: YAML header, then a table."""
        header = ModelCardData(
            language=list(self.languages) or None,
            library_name="transformers",
            tags=["lingweave", "cross-lingual"],
        ).to_yaml()
        rows = "\n".join(f"| {name} | {value} |" for name, value in self.made_by.items())
        return (
            f"---\n{header}\n---\n\n# {self.title}\n\n"
            f"Made by lingweave from `{self.base_model}`.\n\n"
            f"| | |\n|---|---|\n{rows}\n"
        )


def encode_words(
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sequence[str],
    word_spans: Sequence[Sequence[Span]],
    *,
    max_pieces: int,
) -> list[EncodedSentence]:
    """Tokenise sentences whole, and say for each piece which word it belongs to.

    Args:
        tokenizer: a fast tokenizer.
        sentences: untouched text.
        word_spans: per sentence the words' character offsets [start, end), ascending and disjoint.
        max_pieces: longer sentences are cut; words behind the cut have no piece, hence no link.
    """
    if not sentences:
        return []
    encoding = tokenizer(
        list(sentences),
        add_special_tokens=False,
        return_offsets_mapping=True,
        return_attention_mask=False,
        truncation=True,
        max_length=max_pieces,
    )
    # Sentencepiece's space is a piece of its own before some words; at the start of a sentence its
    # offsets are those of the first letter.
    space = tokenizer.backend_tokenizer.token_to_id("▁")
    encoded = []
    for ids, offsets, spans in zip(
        encoding["input_ids"], encoding["offset_mapping"], word_spans, strict=True
    ):
        pieces, words = np.array(ids, dtype=np.int32), words_of_pieces(offsets, spans)
        if space is not None:
            words[pieces == space] = NO_WORD
        encoded.append(EncodedSentence(pieces, words))
    return encoded


def words_of_pieces(offsets: Sequence[Span], word_spans: Sequence[Span]) -> IntArray:
    """The word that each piece overlaps most (the first of equals), or `NO_WORD`.

    One piece may cover the end of a word and the start of the next ("'t" over the words "'" and
    "t"), and sentencepiece's offsets may include the space before a word.

    Args:
        offsets: character offsets [start, end) of the pieces, ascending.
        word_spans: the same of the words.
    """
    words = np.full(len(offsets), NO_WORD, dtype=np.int32)
    first = 0
    for piece, (start, end) in enumerate(offsets):
        while first < len(word_spans) and word_spans[first][1] <= start:
            first += 1
        best_overlap = 0
        for word in range(first, len(word_spans)):
            word_start, word_end = word_spans[word]
            if word_start >= end:
                break
            overlap = min(end, word_end) - max(start, word_start)
            if overlap > best_overlap:
                best_overlap, words[piece] = overlap, word
    return words


@dataclass(frozen=True)
class SequenceTemplate:
    """Where a tokenizer puts its special tokens around one sentence and around a pair.

    Learnt from what the tokenizer does to a sample, so that `[CLS] x [SEP] y [SEP]` and
    `<s> x </s> </s> y </s>` both come from the tokenizer and from nowhere else.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    pair_before: tuple[int, ...]
    pair_between: tuple[int, ...]
    pair_after: tuple[int, ...]
    second_token_type: int

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerFast) -> "SequenceTemplate":
        """Read the template off a tokenizer."""
        single = tokenizer("a", return_token_type_ids=False)
        before, after = _around(single["input_ids"], single.sequence_ids(0), 0)
        pair = tokenizer("a", "a", return_token_type_ids=True)
        ids, owners = pair["input_ids"], pair.sequence_ids(0)
        pair_before, rest = _around(ids, owners, 0)
        pair_between, pair_after = _around(ids[-len(rest) :], owners[-len(rest) :], 1)
        types = pair.get("token_type_ids", [0] * len(ids))
        return cls(before, after, pair_before, pair_between, pair_after, types[owners.index(1)])

    def single(self, pieces: IntArray) -> IntArray:
        """One sentence with its special tokens."""
        return np.concatenate([self.before, pieces, self.after]).astype(np.int32)

    def pair(self, source: IntArray, target: IntArray) -> tuple[IntArray, IntArray]:
        """Two sentences in one sequence: (pieces, token types)."""
        first = np.concatenate([self.pair_before, source, self.pair_between])
        second = np.concatenate([target, self.pair_after])
        types = np.repeat([0, self.second_token_type], [len(first), len(second)])
        return np.concatenate([first, second]).astype(np.int32), types.astype(np.int32)


def _around(
    ids: Sequence[int], owners: Sequence[int | None], sentence: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What stands before and after the pieces of one sentence of a sample."""
    inside = [index for index, owner in enumerate(owners) if owner == sentence]
    return tuple(ids[: inside[0]]), tuple(ids[inside[-1] + 1 :])


class EncoderShape(BaseModel):
    """Size and initial state of a small encoder made here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layers: int = Field(default=4, ge=1)
    width: int = Field(default=128, ge=8, description="D; the feed-forward layer is 4 D wide")
    heads: int = Field(default=4, ge=1, description="of attention; they divide the width")
    max_length: int = Field(default=64, ge=8, description="positions, in pieces")
    dropout: float = Field(default=0.1, ge=0, lt=1, description="1810.04805: 0.1")
    initializer_range: float = Field(
        default=0.02, gt=0, description="deviation of initial weights (1810.04805: 0.02, D = 768)"
    )

    @model_validator(mode="after")
    def _heads_divide_width(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is not a multiple of heads {self.heads}")
        return self


def new_encoder(texts: Sequence[Path], shape: EncoderShape, *, seed: int) -> Encoder:
    """A small untrained BERT with a vocabulary of the whole words in `texts`.

    For controlled experiments from scratch (the twin languages), not for natural languages.

    Args:
        texts: UTF-8 files whose words, split at white space and punctuation, become the vocabulary.
        shape: of the encoder.
        seed: draws the weights.
    """
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    backend = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    backend.train([str(path) for path in texts], trainers.WordLevelTrainer(special_tokens=special))
    backend.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=shape.max_length,
    )
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=4 * shape.width,
        max_position_embeddings=shape.max_length,
        hidden_dropout_prob=shape.dropout,
        attention_probs_dropout_prob=shape.dropout,
        initializer_range=shape.initializer_range,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = BertForMaskedLM(config)
    return Encoder(model=model, tokenizer=tokenizer, has_new_head=False)


def _check_checkpoint(checkpoint: Path | str) -> None:
    """Refuse a directory that is no checkpoint before transformers tries it as a hub name."""
    path = Path(checkpoint)
    if path.is_dir() and not (path / "config.json").is_file():
        raise CheckpointError(
            "this directory is no checkpoint (it has no config.json)",
            remedy="give the one with config.json, model.safetensors and tokenizer.json",
            path=path,
        )
    if path.is_dir() and not any((path / name).is_file() for name in TOKENIZER_FILES):
        raise CheckpointError(
            "no tokenizer is beside the weights", remedy="add its tokenizer.json", path=path
        )
    looks_like_path = path.is_absolute() or str(checkpoint).startswith(".")
    if not path.exists() and (looks_like_path or str(checkpoint).count("/") > 1):
        raise CheckpointError(
            "no such directory", remedy="check the path to the checkpoint", path=path
        )


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n", 1)[0]
