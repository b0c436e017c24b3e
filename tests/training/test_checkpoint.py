"""Checkpoints to resume from: whole or not there, and never a program."""

import hashlib
import json
import os
import pickle
import resource

import pytest
import torch
from torch import nn

from lingweave.errors import TrainingError
from lingweave.training.checkpoint import load_checkpoint, save_checkpoint
from lingweave.training.epochs import load_best, score_epoch
from lingweave.training.progress import Progress


class Tied(nn.Module):
    """Two parameters that are one, as in a masked-LM head."""

    def __init__(self, seed, width=3):
        super().__init__()
        torch.manual_seed(seed)
        self.embeddings = nn.Embedding(width, width)
        self.head = nn.Linear(width, width)
        self.head.weight = self.embeddings.weight


def model_and_optimizer(seed, num_steps=0, width=3):
    model = Tied(seed, width)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    for _ in range(num_steps):
        model.head(model.embeddings(torch.tensor([0, 1]))).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    return model, optimizer


def save(folder, update, seed=0, **size):
    model, optimizer = model_and_optimizer(seed, num_steps=2, **size)
    save_checkpoint(folder, model, optimizer, Progress(update=update))
    return model, optimizer


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_was_saved_is_restored(tmp_path):
    model, optimizer = model_and_optimizer(1, num_steps=3)
    progress = Progress(
        update=3, tokens=70, seconds=1.5, losses=[(1, 0.1), (2, 1 / 3)], scores=[0.25]
    )
    save_checkpoint(tmp_path / "work", model, optimizer, progress)
    other, other_optimizer = model_and_optimizer(2)
    assert load_checkpoint(tmp_path / "work", other, other_optimizer) == progress
    assert other.head.weight is other.embeddings.weight
    for expected, restored in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(expected, restored)
        state, restored_state = optimizer.state[expected], other_optimizer.state[restored]
        assert state.keys() == restored_state.keys()
        for key in state:
            assert torch.equal(state[key], restored_state[key])


def test_where_there_is_no_checkpoint_a_run_is_fresh(tmp_path):
    model, optimizer = model_and_optimizer(0)
    before = model.head.weight.clone()
    assert load_checkpoint(tmp_path, model, optimizer) == Progress()
    assert load_checkpoint(tmp_path / "not made yet", model, optimizer) == Progress()
    assert torch.equal(model.head.weight, before)


def test_the_newest_two_are_kept(tmp_path):
    kept = []
    for update in (2, 9, 10, 1000):
        save(tmp_path, update)
        kept.append(names(tmp_path))
    assert kept == [
        ["checkpoint-00000002"],
        ["checkpoint-00000002", "checkpoint-00000009"],
        ["checkpoint-00000009", "checkpoint-00000010"],
        ["checkpoint-00000010", "checkpoint-00001000"],
    ]
    assert load_checkpoint(tmp_path, *model_and_optimizer(0)).update == 1000


def test_a_checkpoint_of_the_same_update_is_replaced(tmp_path):
    save(tmp_path, 5, seed=1)
    expected, _ = save(tmp_path, 5, seed=2)
    model, optimizer = model_and_optimizer(0)
    load_checkpoint(tmp_path, model, optimizer)
    assert torch.equal(model.head.weight, expected.head.weight)


def test_a_half_written_checkpoint_is_passed_over_and_then_overwritten(tmp_path):
    expected, _ = save(tmp_path, 5)
    partial = tmp_path / "partial"
    partial.mkdir()
    (partial / "model.safetensors").write_bytes(b"half")
    (partial / "rubbish").write_bytes(b"")
    model, optimizer = model_and_optimizer(7)
    assert load_checkpoint(tmp_path, model, optimizer).update == 5
    assert torch.equal(model.head.weight, expected.head.weight)
    save(tmp_path, 6)
    assert names(tmp_path) == ["checkpoint-00000005", "checkpoint-00000006"]
    assert names(tmp_path / "checkpoint-00000006") == [
        "manifest.json",
        "model.safetensors",
        "optimizer.pt",
        "progress.json",
    ]


FILES = ["manifest.json", "model.safetensors", "optimizer.pt", "progress.json"]


def do_damage(path, kind):
    content = path.read_bytes()
    if kind == "missing":
        path.unlink()
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif kind == "flipped":  # one bit, and the length as it was
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["missing", "empty", "cut", "flipped"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(tmp_path, caplog, name, kind):
    expected, expected_optimizer = save(tmp_path, 5, seed=1)
    save(tmp_path, 6, seed=2)
    do_damage(tmp_path / "checkpoint-00000006" / name, kind)
    model, optimizer = model_and_optimizer(0)
    assert load_checkpoint(tmp_path, model, optimizer).update == 5
    assert torch.equal(model.head.weight, expected.head.weight)
    moments = optimizer.state[model.head.weight]["exp_avg"]
    assert torch.equal(moments, expected_optimizer.state[expected.head.weight]["exp_avg"])
    (warning,) = caplog.messages
    assert warning.startswith(f"{tmp_path}: damaged (checkpoint-00000006: ")
    flipped_digest = (name, kind) == ("manifest.json", "flipped")
    assert flipped_digest or name in warning
    assert warning.endswith("); going on from the checkpoint of update 5")
    assert "\n" not in warning


def test_a_checkpoint_that_was_passed_over_is_not_one_of_the_two(tmp_path):
    for update in (5, 9):
        save(tmp_path, update)
    do_damage(tmp_path / "checkpoint-00000009" / "model.safetensors", "flipped")
    assert load_checkpoint(tmp_path, *model_and_optimizer(0)).update == 5
    save(tmp_path, 6)  # as after Ctrl-C, before update 9 is reached again
    assert names(tmp_path) == ["checkpoint-00000005", "checkpoint-00000006"]


@pytest.mark.parametrize("num_checkpoints", [1, 2])
def test_where_no_checkpoint_is_whole_nothing_is_begun_anew(tmp_path, num_checkpoints):
    for update in range(num_checkpoints):
        save(tmp_path, update)
        do_damage(tmp_path / f"checkpoint-{update:08d}" / "optimizer.pt", "flipped")
    with pytest.raises(TrainingError) as caught:
        load_checkpoint(tmp_path, *model_and_optimizer(0))
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}: no checkpoint here is whole (")
    assert message.count("optimizer.pt is not what was written") == num_checkpoints
    assert message.endswith("; put back a copy, or remove this folder and the training starts anew")


def test_a_whole_checkpoint_of_another_model_is_refused(tmp_path):
    save(tmp_path, 5, width=3)
    with pytest.raises(TrainingError, match="whole, but not of this training"):
        load_checkpoint(tmp_path, *model_and_optimizer(0, width=4))


def test_the_manifest_has_size_and_sha256_of_every_file(tmp_path):
    save(tmp_path, 5)
    folder = tmp_path / "checkpoint-00000005"
    files = json.loads((folder / "manifest.json").read_text("utf-8"))["files"]
    assert sorted(files) == FILES[1:]
    for name, written in files.items():
        content = (folder / name).read_bytes()
        assert written == {
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }


def test_all_is_on_the_disk_before_it_gets_its_name_and_then_the_name_too(tmp_path, monkeypatch):
    """The order of system calls: each file and their folder, the renaming, the folder above."""
    save(tmp_path, 4)
    calls = []
    flush, rename = os.fsync, os.rename

    def note_flush(descriptor):
        calls.append(os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))  # noqa: PTH119, PTH115
        flush(descriptor)

    def note_rename(source, target):
        calls.append(f"{os.path.basename(source)} -> {os.path.basename(target)}")  # noqa: PTH119
        rename(source, target)

    monkeypatch.setattr(os, "fsync", note_flush)
    monkeypatch.setattr(os, "rename", note_rename)
    save(tmp_path, 5)
    assert sorted(calls[:4]) == FILES
    assert calls[4:] == ["partial", "partial -> checkpoint-00000005", tmp_path.name]


# The weights of epochs, beside the checkpoints.


def score_and_save(folder, progress, score, update, seed, keep=False):
    """The end of an epoch, and a checkpoint right after it; the model."""
    model, optimizer = model_and_optimizer(seed, num_steps=1)
    score_epoch(model, lambda _: score, progress, folder, keep=keep)
    progress.update = update
    save_checkpoint(folder, model, optimizer, progress)
    return model


def test_a_checkpoint_finds_the_best_epoch_as_it_was_also_when_a_later_one_is_passed_over(tmp_path):
    """The second epoch is better, but its checkpoint is damaged: the first is the best again."""
    progress = Progress()
    first = score_and_save(tmp_path, progress, 0.5, update=3, seed=1)
    score_and_save(tmp_path, progress, 0.6, update=6, seed=2)
    assert progress.kept_epochs == [2]
    do_damage(tmp_path / "checkpoint-00000006" / "model.safetensors", "flipped")
    restored = load_checkpoint(tmp_path, *model_and_optimizer(0))
    assert (restored.update, restored.scores, restored.kept_epochs) == (3, [0.5], [1])
    model, _ = model_and_optimizer(0)
    load_best(model, restored, tmp_path)
    assert torch.equal(model.head.weight, first.head.weight)


def test_a_checkpoint_whose_best_epoch_is_damaged_is_passed_over(tmp_path, caplog):
    progress = Progress()
    score_and_save(tmp_path, progress, 0.5, update=3, seed=1)
    score_and_save(tmp_path, progress, 0.6, update=6, seed=2)
    do_damage(tmp_path / "epoch-0002" / "model.safetensors", "cut")
    assert load_checkpoint(tmp_path, *model_and_optimizer(0)).update == 3
    (warning,) = caplog.messages
    assert "(checkpoint-00000006: epoch-0002: model.safetensors has " in warning


def test_the_weights_of_epochs_go_when_no_checkpoint_needs_them(tmp_path):
    progress = Progress()
    for number, score in enumerate((0.5, 0.6, 0.4, 0.4), start=1):
        score_and_save(tmp_path, progress, score, update=number, seed=number)
    epochs = [name for name in names(tmp_path) if name.startswith("epoch")]
    assert epochs == ["epoch-0002"]
    assert progress.kept_epochs == [2]


def test_all_epochs_stay_where_that_is_asked(tmp_path):
    progress = Progress()
    for number, score in enumerate((0.5, 0.6, 0.4), start=1):
        score_and_save(tmp_path, progress, score, update=number, seed=number, keep=True)
    epochs = [name for name in names(tmp_path) if name.startswith("epoch")]
    assert epochs == ["epoch-0001", "epoch-0002", "epoch-0003"]


class Program:
    """Pickles as a call that makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_a_checkpoint_cannot_run_a_program(tmp_path):
    """Not even one whose manifest says that all is as it should be."""
    save(tmp_path / "work", 5)
    proof = tmp_path / "proof"
    folder = tmp_path / "work" / "checkpoint-00000005"
    target, manifest = folder / "optimizer.pt", folder / "manifest.json"

    def attempt():
        said = json.loads(manifest.read_text("utf-8"))
        content = target.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        said["files"][target.name] = {"bytes": len(content), "sha256": digest}
        manifest.write_text(json.dumps(said), "utf-8")
        with pytest.raises(TrainingError, match="UnpicklingError"):
            load_checkpoint(tmp_path / "work", *model_and_optimizer(0))
        assert not proof.exists()

    torch.save({"state": Program(proof), "param_groups": []}, target)
    attempt()
    target.write_bytes(pickle.dumps(Program(proof)))
    attempt()


@pytest.mark.parametrize("room", [10_000, 60_000], ids=["weights", "optimizer"])
def test_on_a_full_disk_the_older_checkpoint_stays(tmp_path, room):
    """A limit on the size of files stands for the disk: 40 kB of weights, 80 kB of optimizer."""
    expected, _ = save(tmp_path, 5, width=100)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(TrainingError) as caught:
            save(tmp_path, 6, seed=1, width=100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert str(caught.value).startswith(f"{tmp_path}: the checkpoint of update 6 cannot be written")
    assert names(tmp_path) == ["checkpoint-00000005"]
    model, optimizer = model_and_optimizer(0, width=100)
    assert load_checkpoint(tmp_path, model, optimizer).update == 5
    assert torch.equal(model.head.weight, expected.head.weight)
