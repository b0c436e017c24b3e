"""Checkpoints in and out."""

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoTokenizer,
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertForMaskedLM,
    CanineTokenizer,
    DebertaV2Config,
    DebertaV2ForMaskedLM,
    DistilBertConfig,
    DistilBertForMaskedLM,
    EsmConfig,
    EsmForMaskedLM,
    MobileBertConfig,
    MobileBertForMaskedLM,
    MPNetConfig,
    MPNetForMaskedLM,
    PreTrainedTokenizerFast,
    RemBertConfig,
    RemBertForMaskedLM,
    XLMRobertaXLConfig,
    XLMRobertaXLForMaskedLM,
)

from encoder.tiny_checkpoints import SHAPE, TOKENIZERS, every_model, tiny, write_checkpoint
from lingweave.encoder import (
    ModelCard,
    decoder_inputs,
    freeze,
    load_encoder,
    load_tokenizer,
    num_positions,
    save_encoder,
)
from lingweave.errors import CheckpointError

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


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("head", [True, False])
def test_weights_saved_in_half_precision_are_loaded_and_saved_in_full(tmp_path, dtype, head):
    original = write_checkpoint(tmp_path / "half", head=head)
    original.to(dtype).save_pretrained(tmp_path / "half")
    encoder = load_encoder(tmp_path / "half")
    assert {weight.dtype for weight in encoder.model.parameters()} == {torch.float32}
    embeddings = encoder.model.get_input_embeddings().weight
    assert torch.equal(embeddings, original.get_input_embeddings().weight.float())
    card = ModelCard(title="A test", base_model="half", languages=[], made_by={})
    save_encoder(encoder, tmp_path / "saved", card=card)
    assert AutoModel.from_pretrained(tmp_path / "saved").dtype == torch.float32


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
    message = refusal(tmp_path)
    assert message.startswith(f"{tmp_path}: no tokenizer can be loaded")
    assert message.endswith("; put tokenizer.json beside the weights")


def test_a_name_that_the_hub_does_not_have_is_not_asked_for_its_tokenizer(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    message = refusal("mbert-weam")
    assert message.startswith("mbert-weam: no tokenizer can be loaded")
    assert message.endswith("; check the path or the name on the hub, and that it can be reached")


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


def test_another_encoders_tokenizer_is_refused(tmp_path):
    """Its last pieces would be looked up behind the end of the embeddings."""
    config = BertConfig(vocab_size=59, **SHAPE)
    BertForMaskedLM(config).save_pretrained(tmp_path)
    tokenizer = TOKENIZERS["wordpiece"]
    tokenizer.save_pretrained(tmp_path)
    assert refusal(tmp_path) == (
        f"{tmp_path}: its tokenizer has {len(tokenizer)} pieces, but the weights embed 59; "
        "put the tokenizer that the weights were trained with beside them"
    )
    BertForMaskedLM(BertConfig(vocab_size=len(tokenizer) + 1, **SHAPE)).save_pretrained(tmp_path)
    load_encoder(tmp_path)  # rows that no piece has are no harm


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


BODY = {name: size for name, size in SHAPE.items() if name != "max_position_embeddings"}
OTHERS = {
    "rembert": (RemBertConfig, RemBertForMaskedLM, BODY),  # its head has other parts
    "mobilebert": (
        MobileBertConfig,
        MobileBertForMaskedLM,
        BODY | {"embedding_size": 8},  # and a decoder of two matrices
    ),
    "esm": (EsmConfig, EsmForMaskedLM, BODY | {"pad_token_id": 0, "mask_token_id": 4}),  # no bias
}


@pytest.mark.parametrize("kind", OTHERS)
def test_heads_that_only_look_like_berts_are_refused(tmp_path, kind):
    config_class, model_class, shape = OTHERS[kind]
    tokenizer = TOKENIZERS["wordpiece"]
    model_class(config_class(vocab_size=len(tokenizer), **shape)).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    message = refusal(tmp_path)
    assert message.startswith(f"{model_class.__name__} is neither BERT-like nor RoBERTa-like; use")


ALIKE = {
    "deberta-v2": (DebertaV2Config, DebertaV2ForMaskedLM),
    "mpnet": (MPNetConfig, MPNetForMaskedLM),
    "xlm-roberta-xl": (XLMRobertaXLConfig, XLMRobertaXLForMaskedLM),
}


@pytest.mark.parametrize("kind", ALIKE)
def test_heads_that_work_as_berts_or_robertas_are_loaded(tmp_path, kind):
    config_class, model_class = ALIKE[kind]
    tokenizer = TOKENIZERS["wordpiece"]
    model_class(config_class(vocab_size=len(tokenizer), **SHAPE)).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    model = load_encoder(tmp_path).model.eval()
    with torch.no_grad():
        said = model(torch.arange(5, 25)[None], output_hidden_states=True)
        states = decoder_inputs(model, said.hidden_states[-1])
        assert torch.allclose(model.get_output_embeddings()(states), said.logits, atol=1e-6)


def test_freezing_keeps_embeddings_and_the_lowest_layers():
    _, model = tiny("bert", head=True)
    freeze(model, 1)
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert not any(name.startswith(("bert.embeddings", "bert.encoder.layer.0")) for name in trained)
    assert any(name.startswith("bert.encoder.layer.1") for name in trained)
    with pytest.raises(CheckpointError, match="but the encoder has 2; lower frozen_layers"):
        freeze(model, 3)


# Positions.


@every_model
def test_a_sequence_of_all_positions_fits_and_one_piece_more_does_not(kind):
    _, model = tiny(kind, head=True)
    longest = num_positions(model)
    pieces = torch.full((1, longest + 1), 7)
    with torch.no_grad():
        model(pieces[:, :longest])
        with pytest.raises((IndexError, RuntimeError)):
            model(pieces)
