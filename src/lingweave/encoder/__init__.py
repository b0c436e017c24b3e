"""Encoders: checkpoints in and out, words ↔ subwords, small encoders from scratch.

In: a directory or hub name of a BERT- or RoBERTa-like model with a fast tokenizer. Out: the same
kind of checkpoint, which `AutoModel`, `AutoModelForMaskedLM` and `AutoTokenizer` load, with a
model card.
"""

from lingweave.corpus import Span
from lingweave.encoder.checkpoint import (
    LOADING,
    Encoder,
    ModelCard,
    check_pieces,
    decoder_inputs,
    freeze,
    load_encoder,
    load_tokenizer,
    num_positions,
    prediction_head,
    quiet_transformers,
    save_encoder,
    set_attention_dropout,
)
from lingweave.encoder.pieces import (
    NO_WORD,
    EncodedSentence,
    EncodedSentences,
    IntArray,
    PieceSpelling,
    SequenceTemplate,
    encode_words,
    words_of_pieces,
)
from lingweave.encoder.scratch import EncoderShape, new_encoder

__all__ = [
    "LOADING",
    "NO_WORD",
    "EncodedSentence",
    "EncodedSentences",
    "Encoder",
    "EncoderShape",
    "IntArray",
    "ModelCard",
    "PieceSpelling",
    "SequenceTemplate",
    "Span",
    "check_pieces",
    "decoder_inputs",
    "encode_words",
    "freeze",
    "load_encoder",
    "load_tokenizer",
    "new_encoder",
    "num_positions",
    "prediction_head",
    "quiet_transformers",
    "save_encoder",
    "set_attention_dropout",
    "words_of_pieces",
]
