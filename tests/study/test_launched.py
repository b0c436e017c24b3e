"""The command in several processes, as `torchrun` starts it: the results of a plain run."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import yaml

from lingweave.objectives import OBJECTIVES

pytestmark = pytest.mark.slow

PATIENCE = 400  # seconds; only a broken program needs them
PLAIN = [sys.executable, "-m", "lingweave"]
LAUNCHED = [
    *(sys.executable, "-m", "torch.distributed.run"),
    *("--standalone", "--nproc-per-node", "2", "-m", "lingweave"),
]
ENVIRONMENT = os.environ | {
    "OMP_NUM_THREADS": "1",
    "COLUMNS": "200",
    "PYTHONPATH": os.pathsep.join(sys.path),
}
TRAINING = {"batch_size": 7, "learning_rate": 1e-3, "precision": "fp32", "checkpoint_updates": 2}
NLI = {
    "task": "nli",
    "source_language": "base",
    "train": {"path": "${twins}/nli/train.base.tsv"},
    "dev": {"path": "${twins}/nli/dev.base.tsv"},
    "test": {"path": "${twins}/nli/test.{language}.tsv"},
    "languages": ["base", "miro"],
}


def write_recipe(path, *, num_train=96, **changes):
    twins = {"twins": ["miro"], "num_text": 160, "num_bitext_train": num_train}
    twins |= {"num_bitext_valid": 0, "num_nli_train": 96, "num_nli_dev": 12, "num_nli_test": 130}
    sides = [f"${{twins}}/bitext/base-miro/train.{name}" for name in ("base", "miro")]
    texts = [f"${{twins}}/text/{name}.txt" for name in ("base", "miro")]
    shape = {"layers": 2, "width": 32, "heads": 2, "max_length": 64, "dropout": 0.0}
    recipe = {
        "name": "tiny",
        "twins": twins,
        "encoder": {"scratch": {"texts": texts, "shape": shape, "training": TRAINING}},
        "bitext": [{"location": sides, "source_language": "base", "target_language": "miro"}],
        "pretraining": TRAINING | {"epochs": 1, "max_length": 32},
        "systems": {name: {"objective": name} for name in ("none", "tlm", "contrastive")},
        "control": "tlm",
        "selection": ["dev", "last", "average"],
        "finetuning": TRAINING | {"epochs": 2, "max_length": 64},
        "tasks": {"nli": NLI},
    }
    path.write_text(yaml.safe_dump(recipe | changes))
    return path


def command(*arguments, launcher=LAUNCHED):
    done = subprocess.run(
        [*launcher, *map(str, arguments)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def ours(errors):
    """The lines that are not the launcher's."""
    return [line for line in errors.splitlines() if line.startswith(("lingweave:", "Stopped"))]


def losses(stages):
    """Of each training, by the name of its stage."""
    records = [*stages.glob("*/training.json"), *stages.glob("*/finetuning.json")]
    return {path.parent.name: json.loads(path.read_text())["losses"] for path in records}


@pytest.mark.parametrize("sharded", ["false", "true"])
def test_a_study_in_two_processes_gives_the_results_of_a_plain_run(monkeypatch, tmp_path, sharded):
    # As `accelerate launch --use_fsdp` has them.
    monkeypatch.setitem(ENVIRONMENT, "ACCELERATE_USE_FSDP", sharded)
    monkeypatch.setitem(ENVIRONMENT, "FSDP_CPU_RAM_EFFICIENT_LOADING", sharded)
    assert OBJECTIVES["contrastive"].options().needs_whole_updates
    recipe = write_recipe(tmp_path / "tiny.yaml")
    for name, launcher in {"one": PLAIN, "two": LAUNCHED}.items():
        code, printed, errors = command("run", recipe, "--out", tmp_path / name, launcher=launcher)
        assert code == 0, errors
        # Said once, by the main process.
        assert printed.count("All of it is in") == 1
    one, two = tmp_path / "one" / "stages", tmp_path / "two" / "stages"
    names = {path.name for path in one.iterdir()}
    assert {path.name for path in two.iterdir()} == names
    for name, expected in losses(one).items():
        found = losses(two)[name]
        assert len(expected) > 0 or "encoder" in name
        assert [update for update, _ in found] == [update for update, _ in expected]
        assert [loss for _, loss in found] == pytest.approx(
            [loss for _, loss in expected], abs=1e-5
        )
    for scores in one.glob("*/scores.json"):
        assert json.loads((two / scores.parent.name / "scores.json").read_text()) == json.loads(
            scores.read_text()
        )
    for path in two.glob("finetune-*/stage.json"):
        assert json.loads(path.read_text())["machine"].startswith("2 processes, ")


def test_what_is_wrong_is_said_once(tmp_path):
    recipe = write_recipe(tmp_path / "tiny.yaml", num_train=0)
    code, _, errors = command("run", recipe, "--out", tmp_path / "out")
    assert code != 0
    assert len(ours(errors)) == 1, errors
    assert "lingweave: " in errors
    assert "lingweave/cli/" not in errors  # no traceback of ours


def started(recipe, out):
    """A study in two processes that is in the midst of its training; it, and its processes."""
    launcher = subprocess.Popen(
        [*LAUNCHED, "run", str(recipe), "--out", str(out)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + PATIENCE
    while not any((out / "stages").glob("pretrain-tlm*.unfinished/resume/checkpoint*")):
        assert launcher.poll() is None, launcher.communicate()
        assert time.monotonic() < deadline, "training did not begin"
        time.sleep(0.05)
    listed = subprocess.run(
        ["pgrep", "-P", str(launcher.pid)], capture_output=True, text=True, check=True
    )
    return launcher, [int(number) for number in listed.stdout.split()]


def test_when_one_process_is_killed_the_other_says_so_and_ends(tmp_path):
    recipe = write_recipe(tmp_path / "long.yaml", num_train=4000)
    launcher, processes = started(recipe, tmp_path / "out")
    os.kill(processes[1], signal.SIGKILL)
    _, errors = launcher.communicate(timeout=60)
    assert launcher.returncode != 0
    assert ours(errors) == [
        "lingweave: another process of this run has ended or cannot be reached; "
        "see what it said, and run the same command again: it resumes"
    ]


def test_ctrl_c_ends_all_with_one_line_and_one_process_goes_on_from_there(tmp_path):
    recipe = write_recipe(tmp_path / "long.yaml", num_train=4000)
    launcher, _ = started(recipe, tmp_path / "out")
    launcher.send_signal(signal.SIGINT)
    _, errors = launcher.communicate(timeout=60)
    assert ours(errors) == ["Stopped. To go on: the same command"]
    newest = max((tmp_path / "out" / "stages").glob("pretrain-tlm*/resume/checkpoint-*"))
    assert int(newest.name.removeprefix("checkpoint-")) > 0
    code, _, errors = command("run", recipe, "--out", tmp_path / "out", launcher=PLAIN)
    assert code == 0, errors


def test_a_run_of_two_processes_and_one_of_one_share_a_study(tmp_path):
    recipe, out = write_recipe(tmp_path / "long.yaml", num_train=2000), tmp_path / "out"
    launcher, _ = started(recipe, out)
    code, _, errors = command("run", recipe, "--out", out, launcher=PLAIN)
    assert code == 0, errors
    _, errors = launcher.communicate(timeout=PATIENCE)
    assert launcher.returncode == 0, errors
    records = [
        json.loads(path.read_text())
        for kind in ("pretrain", "finetune")
        for path in (out / "stages").glob(f"{kind}-*/stage.json")
    ]
    assert len(records) == 5  # two trained, and three fine-tuned
    together = {record["label"] for record in records if "2 processes" in record["machine"]}
    assert "pretrain-tlm-1" in together
    assert len(together) < 5
