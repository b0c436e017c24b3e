"""Tokenizers of three kinds, trained here, and untrained models that go with them."""

import pytest
import torch
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaModel,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
    XLMRobertaModel,
)

TEXT = [
    "the cat sleeps on the mat near the old house",
    "déjà vu là où l'été commence, Größe und Straße",
    "猫睡觉 在 垫子上 中文没有空格",
    "नमस्ते दुनिया बिल्ली चटाई पर सोती है",
    "مرحبا بالعالم القطة تنام",
] * 3

BERT_TOKENS = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
ROBERTA_TOKENS = {
    "bos_token": "<s>",
    "pad_token": "<pad>",
    "eos_token": "</s>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
    "cls_token": "<s>",
    "sep_token": "</s>",
}
ROBERTA_SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def wordpiece(**normalization):
    """BERT's tokenizer: `[CLS] a [SEP] b [SEP]`, every Chinese character by itself."""
    backend = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    options = {"lowercase": False, "strip_accents": False} | normalization
    backend.normalizer = normalizers.BertNormalizer(**options)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = list(BERT_TOKENS.values())
    trainer = trainers.WordPieceTrainer(vocab_size=150, special_tokens=special, show_progress=False)
    backend.train_from_iterator(TEXT, trainer)
    backend.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return PreTrainedTokenizerFast(tokenizer_object=backend, **BERT_TOKENS)


def byte_level_bpe():
    """RoBERTa's tokenizer: `<s> a </s></s> b </s>`; a character may be several pieces."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=ROBERTA_SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator(TEXT, trainer)
    backend.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False
    )
    return PreTrainedTokenizerFast(tokenizer_object=backend, **ROBERTA_TOKENS)


def unigram():
    """XLM-R's tokenizer: sentencepiece with `▁` for a space."""
    backend = Tokenizer(models.Unigram())
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=150, special_tokens=ROBERTA_SPECIAL, unk_token="<unk>", show_progress=False
    )
    backend.train_from_iterator(TEXT, trainer)
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return PreTrainedTokenizerFast(tokenizer_object=backend, **ROBERTA_TOKENS)


TOKENIZERS = {"wordpiece": wordpiece(), "byte-level": byte_level_bpe(), "unigram": unigram()}
every_tokenizer = pytest.mark.parametrize("tokenizer", TOKENIZERS.values(), ids=TOKENIZERS.keys())

SHAPE = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 66,
}
MODELS = {
    "bert": ("wordpiece", BertConfig, BertModel, BertForMaskedLM),
    "roberta": ("byte-level", RobertaConfig, RobertaModel, RobertaForMaskedLM),
    "xlm-roberta": ("unigram", XLMRobertaConfig, XLMRobertaModel, XLMRobertaForMaskedLM),
}
every_model = pytest.mark.parametrize("kind", MODELS)


def tiny(kind, *, head):
    """A tokenizer and an untrained model, with or without masked-LM head."""
    tokenizer_name, config_class, body_class, masked_class = MODELS[kind]
    tokenizer = TOKENIZERS[tokenizer_name]
    config = config_class(
        vocab_size=len(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        type_vocab_size=2 if kind == "bert" else 1,
        **SHAPE,
    )
    torch.manual_seed(3)
    return tokenizer, (masked_class if head else body_class)(config).eval()


def write_checkpoint(folder, kind="bert", *, head=True):
    tokenizer, model = tiny(kind, head=head)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return model
