"""A study that is interrupted and killed ends with the very numbers of an undisturbed one."""

import hashlib
import json
import os
import random
import shlex
import signal
import subprocess
import sys
import time

import pytest
import yaml

from lingweave.config import BitextSource, Pretraining
from lingweave.encoder import EncoderShape, ModelCard, new_encoder, save_encoder
from lingweave.objectives import WEAMOptions
from lingweave.study import pretrain

PROGRAM = [sys.executable, "-c", "from lingweave.cli import app; app()"]
PATIENCE = 300  # seconds; only a broken program needs them

SHORT = {"epochs": 1, "batch_size": 8, "learning_rate": 1e-3, "checkpoint_updates": 2}
TWINS = {
    "name": "tiny",
    "twins": {
        "twins": ["miro"],
        "num_text": 160,
        "num_bitext_train": 96,
        "num_bitext_valid": 0,
        "num_nli_train": 96,
        "num_nli_dev": 12,
        "num_nli_test": 30,
    },
    "encoder": {
        "scratch": {
            "texts": ["${twins}/text/base.txt", "${twins}/text/miro.txt"],
            "shape": {"layers": 2, "width": 32, "heads": 2, "max_length": 64},
            "training": SHORT,
        }
    },
    "bitext": [
        {
            "location": [f"${{twins}}/bitext/base-miro/train.{name}" for name in ("base", "miro")],
            "source_language": "base",
            "target_language": "miro",
        }
    ],
    "pretraining": SHORT | {"max_length": 32},
    "systems": {name: {"objective": name} for name in ("none", "mlm", "tlm", "weam")},
    "control": "mlm",
    "finetuning": SHORT | {"epochs": 2, "max_length": 64},
    "tasks": {
        "nli": {
            "task": "nli",
            "source_language": "base",
            "train": {"path": "${twins}/nli/train.base.tsv"},
            "dev": {"path": "${twins}/nli/dev.base.tsv"},
            "test": {"path": "${twins}/nli/test.{language}.tsv"},
            "languages": ["base", "miro"],
        }
    },
}


def real_recipe(shared, encoder):
    # A checkpoint of this encoder is 600 MB, so each training writes but one before its end.
    training = {"max_updates": 3, "batch_size": 8, "checkpoint_updates": 2}
    nli = {"path": f"{shared}/data/xnli/dev.en.tsv", "first": 30}
    return {
        "name": "real",
        "encoder": {"checkpoint": str(encoder)},
        "head_warmup": training,
        "bitext": [
            {"location": f"{shared}/data/bitext/{pair}", "max_pairs": 64}
            for pair in ("en-de", "en-zh")
        ],
        "pretraining": training | {"max_length": 64},
        "systems": {name: {"objective": name} for name in ("mlm", "tlm", "weam")},
        "control": "mlm",
        "finetuning": training | {"max_length": 64},
        "tasks": {
            "xnli": {
                "task": "nli",
                "train": {"path": f"{shared}/data/nli-en/mnli.tsv", "first": 64},
                "dev": nli,
                "test": nli | {"path": f"{shared}/data/xnli/test.{{language}}.tsv"},
                "languages": ["en", "de", "th"],
            }
        },
    }


class Command:
    """`lingweave run` in a process of its own, one thread, until it ends or something is seen."""

    def __init__(self, recipe, out):
        self.arguments = ["run", str(recipe), "--out", str(out)]
        self._stages = out / "stages"
        self._log = out.with_name(f"{out.name}.log")

    def seen(self, pattern):
        return any(self._stages.glob(pattern))

    def run(self, stop=None, when=None, after=0.0):
        """Run to the end; with `stop`, until a path like `when` is there, and a bit longer.

        Returns:
            the exit code, what it printed, and what it said of errors.
        """
        environment = os.environ | {"OMP_NUM_THREADS": "1", "COLUMNS": "100"}
        errors = self._log.with_suffix(".errors")
        with self._log.open("w") as log, errors.open("w") as error_log:
            process = subprocess.Popen(
                [*PROGRAM, *self.arguments], stdout=log, stderr=error_log, env=environment
            )
            try:
                if stop is not None:
                    assert not self.seen(when), f"{when} was there before"
                    self._wait_for(when, process)
                    time.sleep(after)
                    assert process.poll() is None, "it ended before it was stopped"
                    process.send_signal(stop)
                code = process.wait(PATIENCE)
            finally:
                process.kill()
        return code, self._log.read_text("utf-8"), errors.read_text("utf-8")

    def _wait_for(self, pattern, process):
        deadline = time.monotonic() + PATIENCE
        while not self.seen(pattern):
            assert process.poll() is None, "it ended before it was stopped"
            assert time.monotonic() < deadline, f"{pattern} did not come"
            time.sleep(0.002)


def finish(command):
    code, output, errors = command.run()
    assert code == 0, errors
    return output


def interrupt(command, when, number=signal.SIGINT, expected=130):
    code, _, errors = command.run(number, when)
    assert code == expected
    assert "Traceback" not in errors
    line = f"Stopped. To go on: {shlex.join(['lingweave', *command.arguments])}"
    assert [text for text in errors.splitlines() if text.strip()] == [line]


def kill(command, when, after=0.0):
    code, _, _ = command.run(signal.SIGKILL, when, after)
    assert code == -signal.SIGKILL


def write_recipe(recipe, path):
    path.write_text(yaml.safe_dump(recipe, sort_keys=False), "utf-8")
    return path


def scores(out):
    return json.loads((out / "results.json").read_text("utf-8"))["scores"]


def weights(out):
    """SHA-256 of all weights, by stage."""
    return {
        path.parent.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (out / "stages").rglob("model.safetensors")
    }


def finished(out):
    """The records of all finished stages, with the time of their making."""
    return {
        path.parent.name: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in (out / "stages").glob("*/stage.json")
    }


def check_same(disturbed, undisturbed, num_weights):
    assert scores(disturbed) == scores(undisturbed)
    assert weights(disturbed) == weights(undisturbed)
    assert len(weights(disturbed)) == num_weights
    assert (disturbed / "report.md").is_file()
    left = [path.name for path in (disturbed / "stages").iterdir() if "unfinished" in path.name]
    assert left == []


@pytest.mark.slow
def test_on_twin_languages_across_all_stages(tmp_path):
    """Ctrl-C, SIGTERM and four times SIGKILL, each a random moment after such a stage began."""
    recipe = write_recipe(TWINS, tmp_path / "recipe.yaml")
    undisturbed = tmp_path / "undisturbed"
    finish(Command(recipe, undisturbed))

    out = tmp_path / "disturbed"
    command, moment = Command(recipe, out), random.Random(time.time_ns())
    kill(command, "encoder-*.unfinished/resume/checkpoint-*", moment.uniform(0, 0.2))
    interrupt(command, "pretrain-mlm-*.unfinished/resume/checkpoint-*")
    (resume,) = (out / "stages").glob("pretrain-mlm-*.unfinished/resume")
    assert [path.name for path in resume.glob("partial")] == []
    assert len([*resume.glob("checkpoint-*")]) in (1, 2)
    kept = finished(out)
    assert {name.split("-")[0] for name in kept} == {"twins", "align", "encoder", "tokenize"}
    kill(command, "pretrain-weam-*.unfinished/resume/checkpoint-*", moment.uniform(0, 0.1))
    kill(command, "finetune-none-*.unfinished/out", moment.uniform(0, 0.3))
    interrupt(command, "finetune-mlm-*.unfinished/resume/checkpoint-*", signal.SIGTERM, 143)
    kill(command, "evaluate-mlm-*", moment.uniform(0, 0.3))
    finish(command)

    check_same(out, undisturbed, 1 + 3 + 4)
    # What was finished at the first stop was not made again.
    assert {name: finished(out)[name] for name in kept} == kept


class Impatient:
    """Interrupts a training after some updates, as Ctrl-C would, once."""

    def __init__(self, updates=None):
        self.updates, self.seen = updates, []

    def stage(self, label, number, num_stages, finished):
        pass

    def update(self, report):
        self.seen.append(report.update)
        if len(self.seen) == self.updates:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_one_step_by_itself_goes_on_as_well(tmp_path):
    source, target = tmp_path / "train.en", tmp_path / "train.de"
    source.write_text("the old dog\na house\nthe house\na dog\n" * 6)
    target.write_text("der alte Hund\nein Haus\ndas Haus\nein Hund\n" * 6)
    shape = EncoderShape(layers=1, width=32, heads=2)
    card = ModelCard(title="t", base_model="nothing", languages=[], made_by={})
    save_encoder(new_encoder([source, target], shape, seed=1), tmp_path / "encoder", card=card)
    options = Pretraining(epochs=2, batch_size=8, max_length=32, checkpoint_updates=1)

    def run(name, observer):
        bitext = BitextSource(location=(str(source), str(target)))
        encoder, out = str(tmp_path / "encoder"), tmp_path / name
        pretrain(encoder, [bitext], WEAMOptions(), out, options, observer=observer)
        return hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest()

    undisturbed = run("undisturbed", Impatient())
    with pytest.raises(KeyboardInterrupt):
        run("disturbed", Impatient(4))
    assert not (tmp_path / "disturbed").exists()
    assert (tmp_path / "disturbed.unfinished").is_dir()
    observer = Impatient()
    assert run("disturbed", observer) == undisturbed
    assert observer.seen == [4, 5, 6]  # the fourth was done, but its checkpoint was not yet written
    assert not (tmp_path / "disturbed.unfinished").exists()


@pytest.fixture(scope="session")
def e5(shared, tmp_path_factory):
    """The checkpoint that is delivered packed, as its own script unpacks it."""
    out = tmp_path_factory.mktemp("e5") / "e5-small-x15"
    script = shared / "models" / "e5-small-x15" / "unpack.py"
    subprocess.run([sys.executable, str(script), str(out)], check=True, capture_output=True)
    return out


@pytest.mark.slow
def test_on_a_real_encoder_and_real_text(shared, e5, tmp_path):
    recipe = write_recipe(real_recipe(shared, e5), tmp_path / "recipe.yaml")
    undisturbed = tmp_path / "undisturbed"
    output = finish(Command(recipe, undisturbed))
    assert "has no masked-LM head" in " ".join(output.split())
    assert "en–de" in (undisturbed / "report.md").read_text("utf-8")

    out = tmp_path / "disturbed"
    command = Command(recipe, out)
    interrupt(command, "pretrain-tlm-*.unfinished/resume/checkpoint-*")
    kill(command, "finetune-weam-*.unfinished/resume/checkpoint-*")
    finish(command)

    check_same(out, undisturbed, 1 + 3 + 3)
    found = {(score["system"], score["language"]) for score in scores(out)}
    assert len(found) == 3 * 4
    assert all(score["num_examples"] in (30, 60) for score in scores(out))
    # The three systems differ: each was trained, and by another objective.
    assert len(set(weights(out).values())) == 1 + 3 + 3
