"""Checkpoints to resume from: whole or not there, and never a program."""

import pickle
import resource

import pytest
import torch
from torch import nn

from lingweave.errors import TrainingError
from lingweave.training.checkpoint import Progress, load_checkpoint, save_checkpoint


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


def test_older_checkpoints_are_removed(tmp_path):
    for update in (2, 10, 9):
        save(tmp_path, update)
        assert names(tmp_path) == [f"checkpoint-{update:08d}"]


def test_the_newest_counts_when_the_older_was_not_yet_removed(tmp_path):
    save(tmp_path / "b", 1000, seed=2)
    save(tmp_path / "a", 999, seed=1)
    (tmp_path / "a" / "checkpoint-00000999").rename(tmp_path / "b" / "checkpoint-00000999")
    assert load_checkpoint(tmp_path / "b", *model_and_optimizer(0)).update == 1000


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
    assert names(tmp_path) == ["checkpoint-00000006"]
    assert names(tmp_path / "checkpoint-00000006") == [
        "model.safetensors",
        "optimizer.pt",
        "progress.json",
    ]


@pytest.mark.parametrize("name", ["model.safetensors", "optimizer.pt", "progress.json"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut"])
def test_a_damaged_checkpoint_is_named(tmp_path, name, damage):
    save(tmp_path, 5)
    path = tmp_path / "checkpoint-00000005" / name
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(content[: len(content) // 2] if damage == "cut" else b"")
    with pytest.raises(TrainingError) as caught:
        load_checkpoint(tmp_path, *model_and_optimizer(0))
    message = str(caught.value)
    assert message.startswith(f"{path.parent}: this checkpoint is damaged")
    assert message.endswith("; remove it; the run then starts this stage anew")


class Program:
    """Pickles as a call that makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_a_checkpoint_cannot_run_a_program(tmp_path):
    save(tmp_path / "work", 5)
    proof = tmp_path / "proof"
    target = tmp_path / "work" / "checkpoint-00000005" / "optimizer.pt"
    torch.save({"state": Program(proof), "param_groups": []}, target)
    with pytest.raises(TrainingError, match="UnpicklingError"):
        load_checkpoint(tmp_path / "work", *model_and_optimizer(0))
    assert not proof.exists()
    target.write_bytes(pickle.dumps(Program(proof)))
    with pytest.raises(TrainingError):
        load_checkpoint(tmp_path / "work", *model_and_optimizer(0))
    assert not proof.exists()


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
