"""The command stopped from outside: signals, a full disk, a damaged checkpoint."""

import json
import os
import resource
import shlex
import signal
import subprocess
import sys
import time

import pytest

from killed_sittings import write_inputs

PROGRAM = [sys.executable, "-c", "from lingweave.cli import app; app(prog_name='lingweave')"]
PATIENCE = 300  # seconds; only a broken program needs them


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    write_inputs(folder)
    return folder


def arguments(verb, inputs, out, epochs):
    """Of a command with 12 updates an epoch (pretrain) or 8, and a checkpoint at each 200th."""
    bitext, table = f"{inputs}/train.en,{inputs}/train.de", str(inputs / "nli.tsv")
    texts = {"pretrain": [bitext], "finetune": ["--train", table, "--dev", table]}[verb]
    settings = ["--epochs", str(epochs), "--batch-size", "8", "--max-length", "32"]
    return [verb, str(inputs / "encoder"), *texts, "--out", str(out), *settings]


def start(arguments):
    environment = os.environ | {"OMP_NUM_THREADS": "1", "COLUMNS": "80"}
    return subprocess.Popen(
        [*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )


def wait_for_checkpoint(process, out):
    deadline = time.monotonic() + PATIENCE
    while not checkpoints(out):
        assert process.poll() is None, process.stderr.read().decode()
        assert time.monotonic() < deadline, "no checkpoint came"
        time.sleep(0.01)


def checkpoints(out):
    return sorted(out.with_name(f"{out.name}.unfinished").glob("*/resume/checkpoint-*"))


def ended(process):
    """Exit code, what was printed, and the lines that say what is wrong."""
    output, errors = process.communicate(timeout=PATIENCE)
    lines = [line for line in errors.decode().splitlines() if line.strip()]
    return process.returncode, output.decode(), lines


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["pretrain", "finetune"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_a_checkpoint_and_a_line_on_how_to_go_on(
    tmp_path, inputs, verb, number, code
):
    out = tmp_path / "a folder"
    given = arguments(verb, inputs, out, epochs=1000)
    process = start(given)
    wait_for_checkpoint(process, out)
    time.sleep(0.3)  # some updates more, but not 200
    process.send_signal(number)
    found, _, lines = ended(process)
    assert lines == [f"Stopped. To go on: {shlex.join(['lingweave', *given])}"]
    assert found == code
    newest = json.loads((checkpoints(out)[-1] / "progress.json").read_text("utf-8"))
    assert newest["update"] % 200  # not one that was due
    assert not out.exists()


@pytest.mark.slow
def test_sigterm_before_any_training_ends_it_with_the_same_line(tmp_path, inputs):
    given = arguments("pretrain", inputs, tmp_path / "out", epochs=1000)
    process = start(given)
    deadline = time.monotonic() + PATIENCE
    while not (tmp_path / "out.unfinished").exists():  # the first stage aligns words
        assert process.poll() is None, process.stderr.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.001)
    process.send_signal(signal.SIGTERM)
    code, _, lines = ended(process)
    assert lines == [f"Stopped. To go on: {shlex.join(['lingweave', *given])}"]
    assert code == 143


@pytest.mark.slow
def test_a_full_disk_ends_it_with_a_line_and_then_it_goes_on_from_the_last_checkpoint(
    tmp_path, inputs
):
    """Files can no longer grow beyond 1,000 bytes once there is a checkpoint."""
    out = tmp_path / "out"
    given = arguments("pretrain", inputs, out, epochs=60)
    process = start(given)
    wait_for_checkpoint(process, out)
    hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1000, hard))
    code, _, lines = ended(process)
    assert code == 2
    (line,) = lines
    assert " cannot be written (" in line
    assert line.endswith("; free disk space and run the same command again: it resumes")
    (kept,) = checkpoints(out)
    assert kept.name == "checkpoint-00000200"
    assert not (kept.parent / "partial").exists()

    # A byte of the next one is then lost as well: the run says so, and goes on from this one.
    process = start(given)
    while len(checkpoints(out)) < 2:
        assert process.poll() is None, process.stderr.read().decode()
        time.sleep(0.01)
    process.kill()
    process.communicate()
    damaged = checkpoints(out)[-1] / "optimizer.pt"
    content = damaged.read_bytes()
    damaged.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    before = checkpoints(out)[-2].name
    code, output, lines = ended(start(given))
    assert (code, lines) == (0, [])
    said = " ".join(output.split())
    assert f"({damaged.parent.name}: optimizer.pt is not what was written)" in said
    assert f"going on from the checkpoint of update {int(before.split('-')[1])}" in said
    assert json.loads((out / "training.json").read_text("utf-8"))["updates"] == 720
