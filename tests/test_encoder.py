"""Checkpoints in and out, and words ↔ pieces, on tokenizers of three kinds trained here."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
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
    AutoModel,
    AutoModelForMaskedLM,
    AutoTokenizer,
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertForMaskedLM,
    BertModel,
    CanineTokenizer,
    DistilBertConfig,
    DistilBertForMaskedLM,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaModel,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
    XLMRobertaModel,
)

from lingweave.encoder import (
    NO_WORD,
    Encoder,
    EncoderShape,
    ModelCard,
    SequenceTemplate,
    encode_words,
    freeze,
    load_encoder,
    load_tokenizer,
    new_encoder,
    save_encoder,
    words_of_pieces,
)
from lingweave.errors import CheckpointError

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


# Words of pieces.


@pytest.mark.parametrize(
    ("offsets", "spans", "words"),
    [
        pytest.param([(0, 3), (3, 5), (6, 9)], [(0, 5), (6, 9)], [0, 0, 1], id="a word, two"),
        pytest.param([(0, 4)], [(0, 1), (1, 4)], [1], id="the word that it covers more of"),
        pytest.param([(0, 2)], [(0, 1), (1, 2)], [0], id="the first of equals"),
        pytest.param([(0, 3), (2, 6)], [(0, 3), (3, 4), (4, 9)], [0, 2], id="three words"),
        pytest.param([(0, 3), (3, 4), (4, 7)], [(0, 3), (4, 7)], [0, NO_WORD, 1], id="white space"),
        pytest.param([(0, 1), (1, 1), (1, 2)], [(0, 2)], [0, NO_WORD, 0], id="an empty piece"),
        pytest.param([(0, 3), (3, 7)], [(0, 3), (4, 7)], [0, 1], id="offsets include the space"),
        pytest.param([(0, 1), (0, 1), (1, 2)], [(0, 1), (1, 2)], [0, 0, 1], id="bytes of one"),
        pytest.param([(0, 2), (9, 11)], [(3, 5), (9, 11)], [NO_WORD, 1], id="a word passed over"),
        pytest.param([(0, 2), (2, 4)], [], [NO_WORD, NO_WORD], id="no words"),
        pytest.param([], [(0, 2)], [], id="no pieces"),
        pytest.param([(0, 3)], [(0, 3), (4, 9)], [0], id="cut before the second word"),
    ],
)
def test_a_piece_belongs_to_the_word_that_it_overlaps_most(offsets, spans, words):
    assert words_of_pieces(offsets, spans).tolist() == words


@st.composite
def ascending(draw, min_gap, max_gap, min_length, max_length):
    """Spans with ascending starts; a negative gap makes them overlap."""
    spans, end, start = [], 0, 0
    steps = st.tuples(st.integers(min_gap, max_gap), st.integers(min_length, max_length))
    for gap, length in draw(st.lists(steps, max_size=12)):
        start = max(start, end + gap)
        end = start + length
        spans.append((start, end))
    return spans


def slow_word_of(piece, spans):
    """The definition: count the characters that piece and word share."""
    shared = [len({*range(*piece)} & {*range(*span)}) for span in spans]
    return shared.index(max(shared)) if any(shared) else NO_WORD


@given(pieces=ascending(-2, 2, 0, 4), spans=ascending(0, 3, 1, 5))
def test_words_of_pieces_equals_the_definition(pieces, spans):
    expected = [slow_word_of(piece, spans) for piece in pieces]
    assert words_of_pieces(pieces, spans).tolist() == expected


# Real tokenizers.


def spelled(tokenizer, pieces):
    """What pieces spell, spaces left out."""
    if isinstance(tokenizer.backend_tokenizer.model, models.BPE):
        return tokenizer.decode(pieces).strip()
    tokens = tokenizer.convert_ids_to_tokens(pieces)
    return "".join(tokens).replace("##", "").replace("▁", "")


def spaced_words(sentence):
    """Spans of the words between spaces."""
    starts = [0] + [i + 1 for i, character in enumerate(sentence) if character == " "]
    return [(start, start + len(sentence[start:].split(" ")[0])) for start in starts]


@every_tokenizer
@pytest.mark.parametrize(
    "sentence",
    [
        "the cat sleeps on the mat",
        "là où commence déjà Größe",
        "नमस्ते दुनिया बिल्ली",
        "مرحبا بالعالم القطة",
        "猫睡觉 在 垫子上",
    ],
)
def test_the_pieces_of_a_word_spell_the_word(tokenizer, sentence):
    spans = spaced_words(sentence)
    (encoded,) = encode_words(tokenizer, [sentence], [spans], max_pieces=99)
    assert tokenizer.unk_token_id not in encoded.pieces
    for word, (start, end) in enumerate(spans):
        pieces = encoded.pieces[encoded.words == word]
        assert spelled(tokenizer, pieces) == sentence[start:end]
    assert encoded.pieces.dtype == encoded.words.dtype == np.int32


def test_words_of_chinese_need_no_spaces():
    sentence = "猫睡觉 在垫子上"  # cat, sleep, on, mat, top
    spans = [(0, 1), (1, 3), (4, 5), (5, 7), (7, 8)]
    (encoded,) = encode_words(TOKENIZERS["wordpiece"], [sentence], [spans], max_pieces=99)
    assert encoded.words.tolist() == [0, 1, 1, 2, 3, 3, 4]


def test_each_byte_of_a_character_belongs_to_its_word():
    # 龘 is in no training text, so it stays three bytes, whose offsets are all (0, 1).
    (encoded,) = encode_words(TOKENIZERS["byte-level"], ["龘a"], [[(0, 1), (1, 2)]], max_pieces=99)
    assert encoded.words.tolist() == [0, 0, 0, 1]


def test_lower_cased_and_accentless_pieces_keep_their_words():
    tokenizer = wordpiece(lowercase=True, strip_accents=True)
    sentence = "L\u2019E\u0301te\u0301 \u00c9T\u00c9 cat"  # decomposed, then composed accents
    spans = [(0, 1), (1, 2), (2, 7), (8, 11), (12, 15)]
    (encoded,) = encode_words(tokenizer, [sentence], [spans], max_pieces=99)
    ete = tokenizer("ete", add_special_tokens=False)["input_ids"]
    assert encoded.pieces[encoded.words == 2].tolist() == ete
    assert encoded.pieces[encoded.words == 3].tolist() == ete
    assert encoded.words[-1] == 4


@pytest.mark.parametrize("sentence", ["猫 猫", "घर घर"])
def test_a_sentencepiece_space_belongs_to_no_word_at_the_start_as_elsewhere(sentence):
    tokenizer = TOKENIZERS["unigram"]
    spans = spaced_words(sentence)
    (encoded,) = encode_words(tokenizer, [sentence], [spans], max_pieces=99)
    tokens = tokenizer.convert_ids_to_tokens(encoded.pieces)
    spaces = [i for i, token in enumerate(tokens) if token == "▁"]
    assert len(spaces) == 2, "the case that this test is about"
    assert encoded.words[spaces].tolist() == [NO_WORD, NO_WORD]


@every_tokenizer
def test_a_long_sentence_is_cut_and_words_behind_the_cut_have_no_piece(tokenizer):
    sentence = "the cat sleeps on the mat"
    spans = spaced_words(sentence)
    (whole,) = encode_words(tokenizer, [sentence], [spans], max_pieces=99)
    (cut,) = encode_words(tokenizer, [sentence], [spans], max_pieces=3)
    assert len(whole) > 3
    assert len(cut) == 3
    assert cut.pieces.tolist() == whole.pieces[:3].tolist()
    assert cut.words.tolist() == whole.words[:3].tolist()


@every_tokenizer
def test_sentences_are_encoded_one_by_one_also_empty_ones(tokenizer):
    sentences = ["the cat", "", "मुझे दो"]
    spans = [spaced_words("the cat"), [], spaced_words("मुझे दो")]
    together = encode_words(tokenizer, sentences, spans, max_pieces=99)
    assert [len(encoded) == 0 for encoded in together] == [False, True, False]
    for sentence, span, encoded in zip(sentences, spans, together, strict=True):
        (alone,) = encode_words(tokenizer, [sentence], [span], max_pieces=99)
        assert alone.pieces.tolist() == encoded.pieces.tolist()
        assert alone.words.tolist() == encoded.words.tolist()
    assert len(encode_words(tokenizer, [], [], max_pieces=9)) == 0


# Special tokens.


@every_tokenizer
def test_the_template_puts_special_tokens_where_the_tokenizer_puts_them(tokenizer):
    first, second = "the cat sleeps", "नमस्ते"
    template = SequenceTemplate.of(tokenizer)
    plain = [
        np.array(tokenizer(text, add_special_tokens=False)["input_ids"], dtype=np.int32)
        for text in (first, second)
    ]
    assert template.single(plain[0]).tolist() == tokenizer(first)["input_ids"]
    pieces, types = template.pair(plain[0], plain[1])
    expected = tokenizer(first, second, return_token_type_ids=True)
    assert pieces.tolist() == expected["input_ids"]
    assert types.tolist() == expected["token_type_ids"]


def test_the_templates_of_bert_and_roberta_are_the_published_ones():
    assert SequenceTemplate.of(TOKENIZERS["wordpiece"]) == SequenceTemplate(
        (2,), (3,), (2,), (3,), (3,), second_token_type=1
    )
    for name in ("byte-level", "unigram"):
        assert SequenceTemplate.of(TOKENIZERS[name]) == SequenceTemplate(
            (0,), (2,), (0,), (2, 2), (2,), second_token_type=0
        )


def test_a_tokenizer_may_add_no_special_tokens():
    backend = Tokenizer(models.WordLevel({"a": 0, "[UNK]": 1}, unk_token="[UNK]"))
    template = SequenceTemplate.of(PreTrainedTokenizerFast(tokenizer_object=backend))
    assert template.single(np.array([7, 8])).tolist() == [7, 8]
    assert template.pair(np.array([7, 8]), np.array([9]))[0].tolist() == [7, 8, 9]


# Loading.


def sample(tokenizer):
    return tokenizer(["the cat sleeps", "नमस्ते"], padding=True, return_tensors="pt")


@every_model
def test_a_masked_language_model_comes_with_its_own_head(tmp_path, kind):
    original = write_checkpoint(tmp_path, kind)
    encoder = load_encoder(tmp_path)
    assert not encoder.has_new_head
    inputs = sample(encoder.tokenizer)
    with torch.no_grad():
        logits = encoder.model.eval()(**inputs).logits
        assert torch.equal(logits, original(**inputs).logits)


@every_model
def test_a_checkpoint_without_head_gets_one_tied_to_its_embeddings(tmp_path, kind):
    original = write_checkpoint(tmp_path, kind, head=False)
    encoder = load_encoder(tmp_path)
    assert encoder.has_new_head
    embeddings = encoder.model.get_input_embeddings().weight
    assert encoder.model.get_output_embeddings().weight is embeddings
    inputs = sample(encoder.tokenizer)
    with torch.no_grad():
        states = encoder.model.eval().base_model(**inputs).last_hidden_state
        assert torch.equal(states, original(**inputs).last_hidden_state)


@every_model
def test_the_seed_draws_the_new_head_and_nothing_else(tmp_path, kind):
    write_checkpoint(tmp_path, kind, head=False)
    state = torch.get_rng_state()
    first, again, other = (load_encoder(tmp_path, seed=seed).model for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    changed = set()
    for (name, one), same, another in zip(
        first.named_parameters(), again.parameters(), other.parameters(), strict=True
    ):
        assert torch.equal(one, same), name
        if not torch.equal(one, another):
            changed.add(name)
    assert changed
    assert all(not name.startswith(first.base_model_prefix + ".") for name in changed)


# Saving.


@every_model
def test_what_is_saved_loads_as_any_checkpoint_does(tmp_path, kind):
    write_checkpoint(tmp_path / "headless", kind, head=False)
    encoder = load_encoder(tmp_path / "headless")
    encoder.model.eval()
    folder = tmp_path / "saved"
    card = ModelCard(
        title="A test", base_model="headless", languages=["en", "hi"], made_by={"updates": 7}
    )
    save_encoder(encoder, folder, card=card)

    tokenizer = AutoTokenizer.from_pretrained(folder)
    inputs = sample(encoder.tokenizer)
    assert sample(tokenizer)["input_ids"].tolist() == inputs["input_ids"].tolist()
    body = AutoModel.from_pretrained(folder).eval()
    masked = AutoModelForMaskedLM.from_pretrained(folder).eval()
    with torch.no_grad():
        ours = encoder.model(**inputs, output_hidden_states=True)
        assert torch.equal(body(**inputs).last_hidden_state, ours.hidden_states[-1])
        assert torch.equal(masked(**inputs).logits, ours.logits)
    assert not load_encoder(folder).has_new_head
    assert not [path for path in folder.iterdir() if path.suffix in {".bin", ".pt", ".pkl"}]

    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert readme.startswith("---\n")
    assert "- hi\n" in readme
    assert "library_name: transformers" in readme
    assert "# A test" in readme
    assert "from `headless`" in readme
    assert "| updates | 7 |" in readme


# Refusals.


def refusal(checkpoint, load=load_encoder):
    with pytest.raises(CheckpointError) as caught:
        load(checkpoint)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_missing_directory_is_named(tmp_path):
    path = tmp_path / "nowhere"
    assert refusal(path) == f"{path}: no such directory; check the path to the checkpoint"
    assert refusal("./nowhere").startswith("nowhere: no such directory")


def test_a_directory_that_is_no_checkpoint_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    assert refusal(tmp_path) == (
        f"{tmp_path}: this directory is no checkpoint (it has no config.json); "
        "give the one with config.json, model.safetensors and tokenizer.json"
    )


def test_a_checkpoint_without_tokenizer_is_refused(tmp_path):
    tiny("bert", head=True)[1].save_pretrained(tmp_path)
    message = refusal(tmp_path)
    assert message.startswith(f"{tmp_path}: ")
    assert "tokenizer" in message


def test_a_tokenizer_without_offsets_is_refused(tmp_path):
    tiny("bert", head=True)[1].save_pretrained(tmp_path)
    CanineTokenizer().save_pretrained(tmp_path)  # its pieces are characters; there is no fast one
    (tmp_path / "vocab.txt").touch()  # so that it does not look forgotten
    assert refusal(tmp_path) == (
        f"{tmp_path}: its tokenizer CanineTokenizer gives no character offsets; "
        "use a checkpoint with a fast tokenizer (tokenizer.json)"
    )


def test_a_tokenizer_without_mask_token_is_refused(tmp_path):
    tiny("bert", head=True)[1].save_pretrained(tmp_path)
    backend = TOKENIZERS["wordpiece"].backend_tokenizer
    PreTrainedTokenizerFast(tokenizer_object=backend, pad_token="[PAD]").save_pretrained(tmp_path)
    assert refusal(tmp_path, load_tokenizer) == (
        f"{tmp_path}: its tokenizer has no mask or padding token; "
        "use the checkpoint of a masked language model"
    )


def test_a_damaged_tokenizer_is_refused(tmp_path):
    write_checkpoint(tmp_path)
    vocabulary = tmp_path / "tokenizer.json"
    vocabulary.write_text(vocabulary.read_text("utf-8")[:1000], "utf-8")
    assert refusal(tmp_path).startswith(f"{tmp_path}: no tokenizer can be loaded")


def test_pickled_weights_are_refused(tmp_path):
    model = write_checkpoint(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    message = refusal(tmp_path)
    assert message.startswith(f"{tmp_path}: it cannot be loaded as a masked language model")
    assert message.endswith(
        "give a directory with config.json and model.safetensors, or a hub name"
    )


def test_truncated_weights_are_refused(tmp_path):
    write_checkpoint(tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert refusal(tmp_path).startswith(f"{tmp_path}: it cannot be loaded")


def test_an_encoder_that_lacks_weights_is_refused(tmp_path):
    write_checkpoint(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    lost = "bert.encoder.layer.1.output.dense.weight"
    del weights[lost]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    assert refusal(tmp_path) == (
        f"{tmp_path}: weights of the encoder are missing ({lost} and 0 more); "
        "use a complete checkpoint"
    )


@pytest.mark.parametrize("name", ["distilbert", "bart"])
def test_other_architectures_are_refused(tmp_path, name):
    size = len(TOKENIZERS["wordpiece"])
    if name == "distilbert":  # its head has parts of other names
        config = DistilBertConfig(vocab_size=size, dim=16, n_layers=1, n_heads=2, hidden_dim=32)
        model = DistilBertForMaskedLM(config)
    else:  # AutoModelForMaskedLM knows it, but its last states are a decoder's
        layer = {"layers": 1, "attention_heads": 2, "ffn_dim": 32}
        config = BartConfig(
            vocab_size=size,
            d_model=16,
            max_position_embeddings=64,
            **{f"{part}_{key}": n for part in ("encoder", "decoder") for key, n in layer.items()},
        )
        model = BartForConditionalGeneration(config)
    model.save_pretrained(tmp_path)
    TOKENIZERS["wordpiece"].save_pretrained(tmp_path)
    message = refusal(tmp_path)
    assert f"{type(model).__name__} is neither BERT-like nor RoBERTa-like" in message
    assert "use a checkpoint of type bert, roberta, xlm-roberta or camembert" in message


# From nothing.


def test_a_new_encoder_knows_the_words_of_its_texts(tmp_path):
    (tmp_path / "a.txt").write_text("the cat sleeps .\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("die Katze schläft .\n", encoding="utf-8")
    texts = [tmp_path / "a.txt", tmp_path / "b.txt"]
    shape = EncoderShape(layers=2, width=16, heads=2, max_length=24)
    state = torch.get_rng_state()
    encoder = new_encoder(texts, shape, seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    assert isinstance(encoder, Encoder)
    assert not encoder.has_new_head
    assert len(encoder.tokenizer) == 5 + 7
    tokens = encoder.tokenizer.tokenize("die Katze sleeps . Hund")
    assert tokens == ["die", "Katze", "sleeps", ".", "[UNK]"]
    pair = encoder.tokenizer("the cat", "die Katze", return_token_type_ids=True)
    joined = " ".join(encoder.tokenizer.convert_ids_to_tokens(pair["input_ids"]))
    assert joined == "[CLS] the cat [SEP] die Katze [SEP]"
    assert pair["token_type_ids"] == [0] * 7  # no mark of what stands on the right
    assert encoder.model.config.vocab_size == 12
    assert encoder.model.config.max_position_embeddings == 24

    same, other = (new_encoder(texts, shape, seed=seed).model.state_dict() for seed in (1, 2))
    for name, weight in encoder.model.state_dict().items():
        assert torch.equal(weight, same[name])
    embeddings = "bert.embeddings.word_embeddings.weight"
    assert not torch.equal(encoder.model.state_dict()[embeddings], other[embeddings])


def test_freezing_keeps_embeddings_and_the_lowest_layers():
    _, model = tiny("bert", head=True)
    freeze(model, 1)
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert not any(name.startswith(("bert.embeddings", "bert.encoder.layer.0")) for name in trained)
    assert any(name.startswith("bert.encoder.layer.1") for name in trained)
    with pytest.raises(CheckpointError, match="but the encoder has 2; lower frozen_layers"):
        freeze(model, 3)
