"""Heads: new ones depend on the seed alone; what cannot be used is refused."""

import json

import pytest
import torch
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForSequenceClassification,
    BertConfig,
    BertForMaskedLM,
    BertModel,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
    XLMRobertaModel,
)

from lingweave.errors import CheckpointError
from lingweave.tasks import MLQA, NER, NLI, PARAPHRASE
from lingweave.tasks.heads import load_model, new_model

MODELS = {
    "bert": (BertConfig, BertModel, BertForMaskedLM),
    "xlm-roberta": (XLMRobertaConfig, XLMRobertaModel, XLMRobertaForMaskedLM),
}
every_model = pytest.mark.parametrize("kind", MODELS)
TASKS = {"one label": NLI, "a label for each word": NER, "a span": MLQA}
every_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS.keys())


def write_encoder(folder, kind, *, pooler, seed, width=16):
    """Save a checkpoint with a pooler, as a bare encoder, or without, as a masked LM."""
    config_class, body_class, masked_class = MODELS[kind]
    config = config_class(
        vocab_size=30,
        hidden_size=width,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=30,
        pad_token_id=0,
        initializer_range=0.3,
    )
    torch.manual_seed(seed)
    model = (body_class if pooler else masked_class)(config)
    model.save_pretrained(folder)
    return folder, model


def head(model):
    """Weights that are not the encoder's own."""
    return {
        name: weight
        for name, weight in model.state_dict().items()
        if "pooler" in name or name.startswith(("classifier", "qa_outputs"))
    }


@every_model
@every_task
def test_encoders_of_one_shape_get_the_same_new_head(tmp_path, kind, task):
    with_pooler, _ = write_encoder(tmp_path / "with", kind, pooler=True, seed=1)
    without, _ = write_encoder(tmp_path / "without", kind, pooler=False, seed=2)
    torch.manual_seed(7)
    first = task.new_model(with_pooler, seed=5)
    torch.manual_seed(8)  # what was drawn before does not matter
    second = task.new_model(without, seed=5)
    other = task.new_model(without, seed=6)
    assert head(first).keys() == head(second).keys()
    num_layers = 2 if task is NLI else 1  # pooler or dense, then the classifier
    assert len(head(first)) == 2 * num_layers
    for name, weight in head(first).items():
        assert torch.equal(weight, head(second)[name]), name
        if name.endswith("bias"):
            assert not weight.any()
        else:
            assert weight.std() > 0
            assert not torch.equal(weight, head(other)[name]), name


@every_model
@pytest.mark.parametrize("width", [64, 256])
def test_a_new_head_passes_states_on_as_strong_as_they_came(tmp_path, kind, width):
    """Else a narrow encoder's states hardly reach the classes."""
    folder, _ = write_encoder(tmp_path / "encoder", kind, pooler=True, seed=1, width=width)
    first, last = (
        weight for name, weight in head(NLI.new_model(folder, seed=5)).items() if weight.dim() == 2
    )
    states = torch.randn(2000, width, generator=torch.Generator().manual_seed(1))
    assert (states @ first.T).std() == pytest.approx(1, abs=0.05)
    assert (states @ last.T).std() == pytest.approx(1, abs=0.2)  # of three classes


@every_model
@every_task
def test_the_encoder_under_the_head_is_the_checkpoints(tmp_path, kind, task):
    folder, model = write_encoder(tmp_path, kind, pooler=True, seed=1)
    state = torch.get_rng_state()
    loaded = task.new_model(folder, seed=5).base_model.state_dict()
    assert torch.equal(torch.get_rng_state(), state)
    compared = [name for name in loaded if "pooler" not in name]
    assert len(compared) > 20
    for name in compared:
        assert torch.equal(loaded[name], model.state_dict()[name]), name


@every_model
@every_task
@pytest.mark.parametrize("before", [PARAPHRASE, NLI, NER], ids=["2", "3", "7"])
def test_what_was_fine_tuned_on_another_task_gets_a_new_head(tmp_path, kind, task, before):
    """As by hand in a chain of tasks, whose heads have other shapes."""
    encoder, _ = write_encoder(tmp_path / "encoder", kind, pooler=False, seed=1)
    before.new_model(encoder, seed=1).save_pretrained(tmp_path / "before")
    expected = task.new_model(encoder, seed=5).eval()
    found = task.new_model(tmp_path / "before", seed=5).eval()
    assert found.state_dict().keys() == expected.state_dict().keys()
    for name, weight in expected.state_dict().items():
        assert torch.equal(found.state_dict()[name], weight), name
    pieces = torch.arange(5, 25).view(2, 10)
    with torch.no_grad():
        for one, other in zip(found(pieces).values(), expected(pieces).values(), strict=True):
            assert torch.equal(one, other)


@every_task
def test_weights_saved_in_half_precision_are_trained_and_used_in_full(tmp_path, task):
    folder, model = write_encoder(tmp_path / "encoder", "bert", pooler=False, seed=1)
    model.bfloat16().save_pretrained(folder)
    new = task.new_model(folder, seed=5)
    assert {weight.dtype for weight in new.parameters()} == {torch.float32}
    new.bfloat16().save_pretrained(tmp_path / "fine-tuned")
    loaded = task.load_model(tmp_path / "fine-tuned")
    assert {weight.dtype for weight in loaded.parameters()} == {torch.float32}
    for name, weight in loaded.state_dict().items():
        assert torch.equal(weight, new.state_dict()[name].float()), name


def test_an_encoder_whose_own_weights_have_another_shape_is_refused(tmp_path):
    folder, _ = write_encoder(tmp_path, "bert", pooler=False, seed=1)
    config = folder / "config.json"
    config.write_text(config.read_text("utf-8").replace(": 32,", ": 48,"), "utf-8")
    with pytest.raises(CheckpointError) as caught:
        NLI.new_model(folder, seed=5)
    # Of each of two layers the matrix into the wide one, its bias, and the matrix out of it.
    assert str(caught.value) == (
        f"{folder}: weights of the encoder are missing or of another shape "
        "(bert.encoder.layer.0.intermediate.dense.bias and 5 more); use a complete checkpoint"
    )


def test_the_classifier_knows_its_labels_and_can_be_saved(tmp_path):
    folder, _ = write_encoder(tmp_path / "encoder", "bert", pooler=False, seed=1)
    classifier = NLI.new_model(folder, seed=5)
    classifier.save_pretrained(tmp_path / "saved")
    loaded = AutoModelForSequenceClassification.from_pretrained(tmp_path / "saved")
    assert loaded.config.id2label == dict(enumerate(NLI.labels))
    assert loaded.config.label2id == {label: index for index, label in enumerate(NLI.labels)}
    for name, weight in classifier.state_dict().items():
        assert torch.equal(weight, loaded.state_dict()[name])


@every_task
def test_an_encoder_that_was_not_fine_tuned_is_refused(tmp_path, task):
    folder, _ = write_encoder(tmp_path, "bert", pooler=True, seed=1)
    with pytest.raises(CheckpointError, match=r"it is no fine-tuned model \(.* is missing\)"):
        task.load_model(folder)


def test_a_model_for_other_labels_is_refused(tmp_path):
    folder, _ = write_encoder(tmp_path / "encoder", "bert", pooler=False, seed=1)
    PARAPHRASE.new_model(folder, seed=1).save_pretrained(tmp_path / "other")
    with pytest.raises(
        CheckpointError, match="labels are different, paraphrase, expected entailment"
    ):
        NLI.load_model(tmp_path / "other")


@pytest.mark.parametrize("damage", ["pickled", "cut"])
def test_a_checkpoint_that_cannot_be_loaded_is_named(tmp_path, damage):
    folder, model = write_encoder(tmp_path, "bert", pooler=False, seed=1)
    weights = folder / "model.safetensors"
    if damage == "pickled":
        weights.unlink()
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
    else:
        weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(CheckpointError) as caught:
        NLI.new_model(folder, seed=0)
    assert str(caught.value).startswith(f"{folder}: it cannot be loaded as an encoder")


@pytest.mark.parametrize(
    ("error", "reason"), [(OSError(), "OSError"), (ValueError("\nthis\nthat"), "this")]
)
def test_an_error_is_told_in_one_line_also_where_it_says_nothing(error, reason):
    class Unloadable:
        def from_pretrained(self, *_, **__):
            raise error

    for load in (
        lambda: new_model(Unloadable(), "x", seed=0),
        lambda: load_model(Unloadable(), "x"),
    ):
        with pytest.raises(CheckpointError) as caught:
            load()
        assert str(caught.value).startswith(f"x: it cannot be loaded as an encoder ({reason}); ")


@every_task
@pytest.mark.parametrize("kind", ["distilbert", "electra", "deberta-v2", "xlm"])
def test_the_seed_draws_all_of_a_new_head_whatever_it_is_called(tmp_path, kind, task):
    config = AutoConfig.for_model(
        kind,
        vocab_size=30,
        hidden_size=16,
        emb_dim=16,
        dim=16,
        embedding_size=16,
        num_hidden_layers=2,
        n_layers=2,
        num_attention_heads=2,
        n_heads=2,
        intermediate_size=32,
        hidden_dim=32,
    )
    AutoModel.from_config(config).save_pretrained(tmp_path)
    found = []
    for before, seed in ((7, 5), (8, 5), (7, 6)):
        torch.manual_seed(before)
        model = task.new_model(tmp_path, seed=seed)
        body = f"{model.base_model_prefix}."
        found.append({n: w for n, w in model.state_dict().items() if not n.startswith(body)})
    first, again, other = found
    matrices = [name for name, weight in first.items() if weight.dim() > 1]
    assert matrices
    for name in matrices:
        assert torch.equal(first[name], again[name]), name
        assert not torch.equal(first[name], other[name]), name


@every_task
def test_what_a_model_gives_back_is_what_is_asked_of_it(tmp_path, task):
    """Some checkpoints say otherwise in their configuration."""
    folder, _ = write_encoder(tmp_path, "bert", pooler=True, seed=1)
    path = folder / "config.json"
    wishes = {"output_hidden_states": True, "output_attentions": True, "return_dict": False}
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | wishes), "utf-8")
    said = task.new_model(folder, seed=0)(torch.tensor([[5, 6, 7]]))
    assert not {"hidden_states", "attentions"} & said.keys()
