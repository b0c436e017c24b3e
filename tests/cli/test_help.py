"""What the command says of itself, and how soon."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from cli.inputs import lingweave, write
from lingweave import __version__
from lingweave.cli import app
from lingweave.objectives import OBJECTIVES
from lingweave.tasks import TASKS

VERBS = ["demo", "align", "pretrain", "finetune", "evaluate", "probe", "run", "report", "switch"]


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_every_verb_fits_80_columns(verb):
    result = lingweave(verb, "--help", columns=80)
    assert result.exit_code == 0
    shown = result.stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert "…" not in shown
    words = shown.split()
    for parameter in get_command(app).commands[verb].params:
        names = parameter.opts if parameter.param_type_name == "option" else [parameter.name]
        assert any(name in words or f"{name}..." in words for name in names)


def test_the_help_of_the_command_names_every_verb():
    assert sorted(get_command(app).commands) == sorted(VERBS)
    shown = lingweave("--help", columns=80).stdout
    assert max(map(len, shown.splitlines())) <= 80
    for verb in VERBS:
        assert verb in shown.split()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["align", "--help"],
        ["align", "{data}/en-de", "--out", "{data}/new/links", "--lexicon", "{data}/new"],
        ["switch", "{data}/en-de/train.en", "--lexicon", "{data}/en-de.tsv", "--out", "{data}/new"],
        ["align", "{data}/none", "--out", "{data}/new/links"],
    ],
)
def test_what_needs_no_encoder_does_not_wait_for_torch(data, arguments):
    write(data / "en-de.tsv", ["house\tHaus"])
    told = [argument.replace("{data}", str(data)) for argument in arguments]
    program = (
        "import sys\nfrom lingweave.cli import app\n"
        "try:\n    app(sys.argv[1:])\n"
        "finally:\n    print({'torch', 'transformers'} & {*sys.modules})"
    )
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", program, *told]
    process = subprocess.run(command, capture_output=True, text=True, env=os.environ | path)
    assert process.returncode == (2 if told[1:2] == [f"{data}/none"] else 0), process.stderr
    assert process.stdout.splitlines()[-1] == "set()"


@pytest.mark.parametrize(
    "package",
    [
        "lingweave.corpus",
        "lingweave.codeswitch",
        "lingweave.training",
        "lingweave.training.processes",
        "lingweave.config",
        "lingweave.study",
        "lingweave.report",
    ],
)
def test_whatever_a_package_that_opens_late_offers_is_there(package):
    door = importlib.import_module(package)
    assert door.__all__
    for name in door.__all__:
        assert getattr(door, name) is not None


@pytest.mark.parametrize(
    ("verb", "names"), [("pretrain", OBJECTIVES), ("finetune", TASKS), ("evaluate", TASKS)]
)
def test_help_names_all_that_may_be_chosen(verb, names):
    assert f"One of {', '.join(names)}." in lingweave(verb, "--help").stdout


@pytest.mark.parametrize(
    ("verb", "default"),
    [
        ("finetune", "the task's own"),
        ("evaluate", "the task's own"),
        ("run", "runs/NAME"),
        ("switch", "its file name"),
        ("switch", "by its language"),
    ],
)
def test_help_says_what_holds_where_an_option_is_not_given(verb, default):
    """In square brackets it would be markup to the library that prints, and vanish."""
    assert f"default: {default}." in lingweave(verb, "--help").stdout


def test_the_console_script_is_there():
    script = Path(sys.executable).with_name("lingweave")
    if not script.exists():
        pytest.skip("lingweave is not installed, only on the path")
    process = subprocess.run(
        [str(script), "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"COLUMNS": "80"},
    )
    assert "Usage: lingweave" in process.stdout


def test_the_version_is_said():
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"lingweave {__version__}\n")
