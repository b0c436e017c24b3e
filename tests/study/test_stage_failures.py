"""Stages that fail at a file: one line says at which, and why; afterwards they can be run."""

import errno
import os
import resource
import shutil
from contextlib import contextmanager

import pytest
from safetensors.torch import load_file

from lingweave.encoder import EncoderShape, ModelCard, new_encoder, save_encoder
from lingweave.errors import UserError
from lingweave.study.stage import Store
from small_stages import Work, stage


@contextmanager
def disk_of(num_bytes):
    """A limit on the size of files stands for a disk that is full behind so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def refusal_on_disk_of(num_bytes, store, made):
    with disk_of(num_bytes), pytest.raises(UserError) as caught:
        store.run(made)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(store.folder(made).parent))
    return message


def test_a_full_disk_is_one_clear_error_and_afterwards_the_stage_is_run(tmp_path):
    store, made = Store(tmp_path), stage(Work("x" * 100_000))
    message = refusal_on_disk_of(20_000, store, made)
    assert "stage align-en-de cannot write its results (" in message
    assert message.endswith("; make room and run the same command again")
    assert not store.is_finished(made)
    assert (store.run(made) / "result.txt").stat().st_size == 100_000


def test_a_disk_that_is_full_when_weights_are_written_is_one_clear_error_too(tmp_path):
    (tmp_path / "text").write_text("some words to make a vocabulary of\n")
    encoder = new_encoder([tmp_path / "text"], EncoderShape(layers=1, width=64), seed=1)
    card = ModelCard(title="t", base_model="nothing", languages=[], made_by={})

    def work(place):
        save_encoder(encoder, place.out, card=card)

    store, made = Store(tmp_path / "stages"), stage(work)
    message = refusal_on_disk_of(20_000, store, made)
    assert "stage align-en-de cannot read or write weights (" in message
    assert not store.is_finished(made)
    assert (store.run(made) / "model.safetensors").is_file()


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_may_not_be_written_is_one_clear_error(tmp_path):
    root = tmp_path / "stages"
    root.mkdir(mode=0o500)
    with pytest.raises(UserError, match="cannot be made"):
        Store(root).run(stage())
    root.chmod(0o700)
    shutil.rmtree(root)


def test_a_place_that_cannot_be_a_folder_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError) as caught:
        Store(tmp_path / "file" / "stages").run(stage())
    assert str(caught.value).startswith(str(tmp_path / "file"))


def refusal_after(error, store):
    def work(place):
        raise error

    made = stage(work)
    with pytest.raises(UserError) as caught:
        store.run(made)
    return str(caught.value), store.folder(made)


def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path):
    def work(place):
        (tmp_path / "folder").read_text()

    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError) as caught:
        Store(tmp_path / "stages").run(stage(work))
    assert str(caught.value) == (
        f"{tmp_path / 'folder'}: stage align-en-de cannot read or write this file "
        "(Is a directory); mend it or its permissions and run the same command again"
    )


def test_a_missing_input_is_named_and_not_called_a_full_disk(tmp_path):
    def work(place):
        (tmp_path / "gone.txt").read_text()

    with pytest.raises(UserError) as caught:
        Store(tmp_path / "stages").run(stage(work))
    assert str(caught.value) == (
        f"{tmp_path / 'gone.txt'}: stage align-en-de misses a file it needs; "
        "put it back and run the same command again"
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "Connection reset by"),
        (FileNotFoundError("no such file: model.bin\nin a cache"), "no such file: model.bin"),
        (BrokenPipeError(), "BrokenPipeError"),
    ],
)
def test_a_failure_without_a_file_is_told_as_what_it_is(tmp_path, error, reason):
    message, folder = refusal_after(error, Store(tmp_path))
    start = f"{folder}.unfinished: stage align-en-de was stopped by the system ({reason}"
    assert message.startswith(start)
    assert "write" not in message
    assert "\n" not in message


def test_damaged_weights_are_not_called_a_full_disk(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"no weights")

    def work(place):
        load_file(tmp_path / "model.safetensors")

    with pytest.raises(UserError, match=r"cannot read or write weights \(.*header"):
        Store(tmp_path / "stages").run(stage(work))
