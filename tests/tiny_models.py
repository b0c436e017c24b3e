"""A tokenizer whose pieces are numbers, and untrained models of two kinds, for several tests."""

import torch
from tokenizers import Tokenizer, models, processors
from torch import nn
from transformers import (
    BertConfig,
    BertForMaskedLM,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForMaskedLM,
)

from lingweave.encoder import prediction_head

PAD, CLS, SEP, MASK, VOCABULARY = 0, 2, 3, 4, 40


def make_tokenizer(kind):
    """BERT's or RoBERTa's special tokens around pieces that are numbers from 5 on."""
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = {name: number for number, name in enumerate(names)} | {"a": 5}
    words |= {f"w{number}": number for number in range(6, VOCABULARY)}
    backend = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    around = processors.BertProcessing if kind == "bert" else processors.RobertaProcessing
    backend.post_processor = around(("[SEP]", SEP), ("[CLS]", CLS))
    kinds = ["pad_token", "unk_token", "cls_token", "sep_token", "mask_token"]
    return PreTrainedTokenizerFast(tokenizer_object=backend, **dict(zip(kinds, names, strict=True)))


def make_model(kind, dropout=0.0):
    """An untrained model in evaluation mode, with weights large enough to matter."""
    config_class, model_class = {
        "bert": (BertConfig, BertForMaskedLM),
        "roberta": (RobertaConfig, RobertaForMaskedLM),
    }[kind]
    config = config_class(
        vocab_size=VOCABULARY,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=40,
        type_vocab_size=2 if kind == "bert" else 1,
        pad_token_id=PAD,
        initializer_range=0.3,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
    )
    torch.manual_seed(5)
    return model_class(config).eval()


def rows_of_head(model):
    """A list to which the shape of whatever goes through the masked-LM head is added."""
    shapes = []
    (norm,) = (part for part in prediction_head(model).modules() if isinstance(part, nn.LayerNorm))
    norm.register_forward_hook(lambda module, inputs, output: shapes.append(output.shape))
    return shapes
