"""The classifier: a new head that depends on the seed alone, and predictions on examples alone."""

import numpy as np
import pytest
import torch
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    BertForMaskedLM,
    BertModel,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
    XLMRobertaModel,
)

from lingweave.encoder import EncoderShape, new_encoder
from lingweave.errors import CheckpointError
from lingweave.objectives import LabelledSequence
from lingweave.tasks import new_classifier, predict

LABELS = ("entailment", "neutral", "contradiction")
MODELS = {
    "bert": (BertConfig, BertModel, BertForMaskedLM),
    "xlm-roberta": (XLMRobertaConfig, XLMRobertaModel, XLMRobertaForMaskedLM),
}
every_model = pytest.mark.parametrize("kind", MODELS)


def write_encoder(folder, kind, *, pooler, seed):
    """Save a checkpoint with a pooler, as a bare encoder, or without, as a masked LM."""
    config_class, body_class, masked_class = MODELS[kind]
    config = config_class(
        vocab_size=30,
        hidden_size=16,
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
        if "pooler" in name or name.startswith("classifier")
    }


@every_model
def test_encoders_of_one_shape_get_the_same_new_head(tmp_path, kind):
    with_pooler, _ = write_encoder(tmp_path / "with", kind, pooler=True, seed=1)
    without, _ = write_encoder(tmp_path / "without", kind, pooler=False, seed=2)
    torch.manual_seed(7)
    first = new_classifier(with_pooler, LABELS, seed=5)
    torch.manual_seed(8)  # what was drawn before does not matter
    second = new_classifier(without, LABELS, seed=5)
    other = new_classifier(without, LABELS, seed=6)
    assert head(first).keys() == head(second).keys()
    num_layers = 2  # pooler or dense, then the classifier
    assert len(head(first)) == 2 * num_layers
    for name, weight in head(first).items():
        assert torch.equal(weight, head(second)[name]), name
        if name.endswith("bias"):
            assert not weight.any()
        else:
            assert weight.std() > 0
            assert not torch.equal(weight, head(other)[name]), name


@every_model
def test_the_encoder_under_the_head_is_the_checkpoints(tmp_path, kind):
    folder, model = write_encoder(tmp_path, kind, pooler=True, seed=1)
    state = torch.get_rng_state()
    classifier = new_classifier(folder, LABELS, seed=5)
    assert torch.equal(torch.get_rng_state(), state)
    loaded = classifier.base_model.state_dict()
    compared = [name for name in loaded if "pooler" not in name]
    assert len(compared) > 20
    for name in compared:
        assert torch.equal(loaded[name], model.state_dict()[name]), name


def test_the_classifier_knows_its_labels_and_can_be_saved(tmp_path):
    folder, _ = write_encoder(tmp_path / "encoder", "bert", pooler=False, seed=1)
    classifier = new_classifier(folder, LABELS, seed=5)
    classifier.save_pretrained(tmp_path / "saved")
    loaded = AutoModelForSequenceClassification.from_pretrained(tmp_path / "saved")
    assert loaded.config.id2label == dict(enumerate(LABELS))
    assert loaded.config.label2id == {label: index for index, label in enumerate(LABELS)}
    for name, weight in classifier.state_dict().items():
        assert torch.equal(weight, loaded.state_dict()[name])


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
        new_classifier(folder, LABELS, seed=0)
    assert str(caught.value).startswith(f"{folder}: it cannot be loaded as an encoder")


# Predictions.


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    text = tmp_path_factory.mktemp("text") / "text"
    text.write_text(" ".join(f"w{number}" for number in range(25)), encoding="utf-8")
    return new_encoder([text], EncoderShape(layers=1, width=8, heads=1), seed=0).tokenizer


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder, _ = write_encoder(tmp_path_factory.mktemp("model"), "bert", pooler=False, seed=3)
    classifier = new_classifier(folder, LABELS, seed=5)
    with torch.no_grad():
        classifier.classifier.weight *= 50  # so that labels differ
    return classifier


@pytest.fixture(scope="module")
def sequences():
    """Draw 150 of them, hence three batches, of 3 to 20 pieces, in no order."""
    generator = np.random.default_rng(0)

    def one():
        pieces = generator.integers(5, 30, size=generator.integers(3, 21)).astype(np.int32)
        return LabelledSequence(pieces, np.zeros(len(pieces), dtype=np.int32), 0)

    return [one() for _ in range(150)]


def test_predictions_are_those_of_each_example_alone(model, tokenizer, sequences):
    model.train()  # it is put into evaluation mode
    predicted = predict(model, tokenizer, sequences, precision="fp32")
    assert set(predicted.tolist()) == {0, 1, 2}
    with torch.no_grad():
        alone = [
            int(model(torch.from_numpy(one.pieces.astype(np.int64))[None]).logits.argmax())
            for one in sequences
        ]
    assert predicted.tolist() == alone


def test_predictions_follow_their_examples(model, tokenizer, sequences):
    predicted = predict(model, tokenizer, sequences, precision="fp32")
    order = np.random.default_rng(1).permutation(len(sequences))
    shuffled = predict(model, tokenizer, [sequences[i] for i in order], precision="fp32")
    assert shuffled.tolist() == predicted[order].tolist()
    assert predict(model, tokenizer, [], precision="fp32").tolist() == []


def test_predictions_in_bf16_are_mostly_the_same(model, tokenizer, sequences):
    exact = predict(model, tokenizer, sequences, precision="fp32")
    rounded = predict(model, tokenizer, sequences, precision="bf16")
    assert (exact == rounded).mean() > 0.95
