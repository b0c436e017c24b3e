"""Pre-training: each objective leaves an encoder, layers stay, a stop changes nothing."""

import json

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForMaskedLM

from lingweave.config import BitextSource, Pretraining
from lingweave.encoder import EncoderShape, ModelCard, new_encoder, save_encoder
from lingweave.errors import CheckpointError, TrainingError
from lingweave.objectives import OBJECTIVES, ContrastiveOptions, MixOptions, WEAMOptions
from lingweave.study import pretrain
from tiny_models import make_model, make_tokenizer

SOURCES = ["the old cat sleeps .", "a dog eats the old bread .", "no cat sees a dog .", "a dog ."]
TARGETS = [
    "die alte Katze schläft .",
    "ein Hund isst das alte Brot .",
    "keine Katze sieht einen Hund .",
    "ein Hund .",
]
SHORT = {"epochs": 2, "batch_size": 4, "learning_rate": 1e-2, "max_length": 16, "precision": "fp32"}


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A tiny encoder and a bitext of sentences it knows."""
    folder = tmp_path_factory.mktemp("start")
    paths = [folder / "train.en", folder / "train.de"]
    for path, sentences in zip(paths, (SOURCES, TARGETS), strict=True):
        path.write_text("\n".join(sentences * 3) + "\n", encoding="utf-8")
    shape = EncoderShape(layers=2, width=16, heads=2, max_length=40)
    encoder = new_encoder(paths, shape, seed=1)
    card = ModelCard(title="tiny", base_model="nothing", languages=[], made_by={})
    save_encoder(encoder, folder / "encoder", card=card)
    return folder


class Quiet:
    """Notes updates, and stops after one of them."""

    def __init__(self, stop_after=None):
        self.stop_after, self.updates = stop_after, []

    def stage(self, label, number, num_stages, finished):
        self.label = label

    def update(self, report):
        self.updates.append(report.update)
        if "pretrain" in self.label and report.update == self.stop_after:
            raise KeyboardInterrupt


def trained(start, out, options, *, observer=None, **changes):
    source = BitextSource(location=str(start), source_language="en", target_language="de")
    training = Pretraining(**(SHORT | changes))
    pretrain(str(start / "encoder"), [source], options, out, training, observer=observer or Quiet())
    return load_file(out / "model.safetensors")


@pytest.mark.parametrize("name", OBJECTIVES)
def test_each_objective_leaves_a_plain_checkpoint_that_has_moved(start, tmp_path, name):
    before = load_file(start / "encoder" / "model.safetensors")
    after = trained(start, tmp_path / "out", OBJECTIVES[name].options())
    assert after.keys() == before.keys()
    assert not torch.equal(
        after["bert.encoder.layer.0.output.dense.weight"],
        before["bert.encoder.layer.0.output.dense.weight"],
    )
    _, loading = AutoModelForMaskedLM.from_pretrained(tmp_path / "out", output_loading_info=True)
    assert not any(loading.values())
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert f"| objective | {name} |" in card
    record = json.loads((tmp_path / "out" / "training.json").read_text(encoding="utf-8"))
    assert record["updates"] == 6
    assert all(loss > 0 for _, loss in record["losses"])


ALL = MixOptions.model_validate(
    {
        "parts": {
            "switched": {"objective": "code-switched"},
            "joined": {"objective": "tlm", "order": "random"},
            "across": {"objective": "weam"},
            "near": {"objective": "word-aligned"},
            "told": {"objective": "contrastive", "negatives": "pair"},
        }
    }
)


@pytest.mark.parametrize("name", [*OBJECTIVES, "all"])
def test_an_interrupted_run_ends_with_the_bytes_of_an_undisturbed_one(start, tmp_path, name):
    options = ALL if name == "all" else OBJECTIVES[name].options()
    expected = trained(start, tmp_path / "undisturbed", options, checkpoint_updates=1)
    for stop_after in (2, 4):
        with pytest.raises(KeyboardInterrupt):
            trained(
                start,
                tmp_path / "out",
                options,
                observer=Quiet(stop_after),
                checkpoint_updates=1,
            )
    observer = Quiet()
    after = trained(start, tmp_path / "out", options, observer=observer, checkpoint_updates=1)
    assert observer.updates[0] > 1, "it began anew"
    assert after.keys() == expected.keys()
    assert all(torch.equal(after[key], expected[key]) for key in expected)


@pytest.mark.parametrize("name", ["mlm", "weam", "word-aligned", "mix"])
@pytest.mark.parametrize("frozen_layers", [0, 1])
def test_frozen_layers_are_those_of_the_start(start, tmp_path, name, frozen_layers):
    before = load_file(start / "encoder" / "model.safetensors")
    options = OBJECTIVES[name].options()
    after = trained(start, tmp_path / "out", options, frozen_layers=frozen_layers)
    frozen = ["bert.embeddings.", *[f"bert.encoder.layer.{n}." for n in range(frozen_layers)]]
    for key, value in before.items():
        if key.startswith(tuple(frozen)):
            assert torch.equal(after[key], value), key
    for layer in range(2):
        key = f"bert.encoder.layer.{layer}.output.dense.weight"
        assert torch.equal(after[key], before[key]) == (layer < frozen_layers)


def test_more_frozen_layers_or_a_higher_layer_than_there_are_are_refused(start, tmp_path):
    with pytest.raises(CheckpointError, match="3 layers are to be frozen, but the encoder has 2"):
        trained(start, tmp_path / "out", WEAMOptions(), frozen_layers=3)
    with pytest.raises(CheckpointError, match="layer 7 are asked for, but the encoder has 2"):
        trained(start, tmp_path / "out", WEAMOptions(layer=7))


def test_negatives_of_the_whole_update_do_not_go_with_micro_batches(start, tmp_path):
    with pytest.raises(TrainingError, match="compares words of the whole update.*leave out micro"):
        trained(start, tmp_path / "out", ContrastiveOptions(), micro_batch_size=2)
    trained(start, tmp_path / "out", ContrastiveOptions(negatives="pair"), micro_batch_size=2)


def test_roberta_has_fewer_positions_than_its_configuration_names(start, tmp_path):
    """Of 40 it has 39: two sentences of 20 would not fit, as they would fit BERT."""
    make_model("roberta").save_pretrained(tmp_path / "encoder")
    make_tokenizer("roberta").save_pretrained(tmp_path / "encoder")
    source = BitextSource(location=str(start), source_language="en", target_language="de")
    options = Pretraining(**SHORT | {"max_length": 20})
    with pytest.raises(CheckpointError, match=r"do not fit its 39 positions; lower .* to 19 or"):
        pretrain(
            str(tmp_path / "encoder"),
            [source],
            WEAMOptions(),
            tmp_path / "out",
            options,
            observer=Quiet(),
        )
