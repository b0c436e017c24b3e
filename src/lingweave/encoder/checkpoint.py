"""Checkpoints in and out: any BERT- or RoBERTa-like masked LM from a directory or the hub.

A checkpoint without a masked-LM head gets one that is tied to its embeddings;
`Encoder.has_new_head` says so, and such a head must be warmed up before any objective is trained
through it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from huggingface_hub import ModelCardData
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.nn import functional
from transformers import (
    AutoModelForMaskedLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging as transformers_logging

from lingweave.errors import CheckpointError, first_line

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
    "vocab.json",
    "sentencepiece.bpe.model",
)
"""Without any of these transformers would make an empty tokenizer."""

LOADING: Mapping[str, Any] = {
    "use_safetensors": True,
    "dtype": torch.float32,
    "return_dict": True,
    "output_hidden_states": False,
    "output_attentions": False,
}
"""How transformers loads any weights here: none from a pickle, and all in full precision, whatever
they were saved in. Training them in less loses small steps; what is computed in is a setting. And
models give back what is asked of them, whatever their authors asked."""


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


def prediction_head(model: PreTrainedModel) -> nn.Module:
    """The masked-LM head: hidden states (…, D) → logits (…, V).

    Raises:
        CheckpointError: the architecture keeps its head where lingweave does not look.
    """
    for name in ("cls", "lm_head"):  # BERT and its kin; RoBERTa, XLM-R and theirs
        head = getattr(model, name, None)
        if isinstance(head, nn.Module) and not model.config.is_encoder_decoder:
            return head
    raise _not_like_bert(model)


def decoder_inputs(model: PreTrainedModel, states: Tensor) -> Tensor:
    """What the masked-LM head hands to its last layer, `get_output_embeddings()`: (…, D) → (…, D).

    Raises:
        CheckpointError: as `prediction_head`.
    """
    head: Any = prediction_head(model)
    if hasattr(head, "predictions"):  # BERT
        transformed: Tensor = head.predictions.transform(states)
    else:
        transformed = head.layer_norm(functional.gelu(head.dense(states)))
    return transformed


def load_tokenizer(checkpoint: Path | str) -> PreTrainedTokenizerFast:
    """The fast tokenizer of a checkpoint.

    Raises:
        CheckpointError: there is none, or it cannot give character offsets or a mask token.
    """
    _check_checkpoint(checkpoint)
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(checkpoint))
    except (OSError, ValueError, KeyError, TypeError) as error:
        remedy = "check the path or the name on the hub, and that it can be reached"
        if Path(checkpoint).is_dir():
            remedy = "put tokenizer.json beside the weights"
        raise CheckpointError(
            f"no tokenizer can be loaded ({first_line(error)})", remedy=remedy, path=checkpoint
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
        CheckpointError: no such checkpoint, unsafe weights, an unsupported architecture, weights
            missing from the encoder's body, or another one's tokenizer.
    """
    tokenizer = load_tokenizer(checkpoint)
    try:
        with quiet_transformers(), torch.random.fork_rng():
            torch.manual_seed(seed)
            model, loading = AutoModelForMaskedLM.from_pretrained(
                str(checkpoint), output_loading_info=True, **LOADING
            )
    except (OSError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(
            f"it cannot be loaded as a masked language model ({first_line(error)})",
            remedy="give a directory with config.json and model.safetensors, or a hub name",
            path=checkpoint,
        ) from error
    _check_head(model)
    check_pieces(model, tokenizer, checkpoint)
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


def check_pieces(model: Any, tokenizer: PreTrainedTokenizerFast, checkpoint: Path | str) -> None:
    """Refuse a tokenizer some of whose pieces the model has no embedding for.

    Args:
        model: on any encoder.
        tokenizer: that was found beside it.
        checkpoint: where both are from.

    Raises:
        CheckpointError: it has more pieces than the weights embed.
    """
    num_embedded = len(model.get_input_embeddings().weight)
    if len(tokenizer) > num_embedded:
        raise CheckpointError(
            f"its tokenizer has {len(tokenizer)} pieces, but the weights embed {num_embedded}",
            remedy="put the tokenizer that the weights were trained with beside them",
            path=checkpoint,
        )


def set_attention_dropout(model: nn.Module, probability: float) -> None:
    """Drop attention weights with this probability, 0–1, whatever the encoder's configuration says.

    The configuration stays, so what is saved is trained elsewhere as its authors meant.
    """
    for name, module in model.named_modules():
        if isinstance(module, nn.Dropout) and name.endswith("attention.self.dropout"):
            module.p = probability


def freeze(model: Any, num_layers: int) -> None:
    """Keep the embeddings and the lowest layers as they are: what they align stays aligned.

    Args:
        model: any model on a BERT- or RoBERTa-like encoder.
        num_layers: layers to freeze above the embeddings; 0 freezes the embeddings alone.

    Raises:
        CheckpointError: the encoder has fewer layers.
    """
    layers = model.base_model.encoder.layer
    if num_layers > len(layers):
        raise CheckpointError(
            f"{num_layers} layers are to be frozen, but the encoder has {len(layers)}",
            remedy="lower frozen_layers",
        )
    for part in (model.base_model.embeddings, *layers[:num_layers]):
        part.requires_grad_(False)


def num_positions(model: Any) -> int | None:
    """Pieces that a sequence may have, special ones counted; None for a model without such a limit.

    RoBERTa and its kin count positions from behind their padding token's index, BERT from 0: of 514
    that its configuration names, XLM-R has 512.

    Args:
        model: any model on a BERT- or RoBERTa-like encoder.
    """
    table = getattr(model.base_model.embeddings, "position_embeddings", None)
    if table is None:
        return None
    unused = 0 if table.padding_idx is None else table.padding_idx + 1
    return int(table.num_embeddings) - unused


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


def _check_head(model: Any) -> None:
    """Refuse a masked-LM head that says something else when its parts are run one by one."""
    head, decoder = prediction_head(model), model.get_output_embeddings()
    try:
        with torch.inference_mode():
            states_1D = torch.linspace(-1, 1, model.config.hidden_size)[None]
            whole_1V = head(states_1D)
            inputs_1D = decoder_inputs(model, states_1D)
            parts_1V = functional.linear(inputs_1D, decoder.weight, decoder.bias)
            is_same = torch.allclose(parts_1V, whole_1V, rtol=1e-3, atol=1e-3, equal_nan=True)
    except (AttributeError, RuntimeError, TypeError) as error:
        raise _not_like_bert(model) from error
    if not is_same or decoder.bias is None:  # which some add themselves, after the decoder
        raise _not_like_bert(model)


def _not_like_bert(model: nn.Module) -> CheckpointError:
    return CheckpointError(
        f"{type(model).__name__} is neither BERT-like nor RoBERTa-like",
        remedy="use a checkpoint of type bert, roberta, xlm-roberta or camembert",
    )


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
