"""Two processes that train a tiny model, as a launcher would start them, for several tests.

A test file that uses it is also the program that they run: `python test_….py CASE FOLDER`.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import torch

from lingweave.objectives import (
    MLMOptions,
    TLMOptions,
    WEAMOptions,
    WordAlignedOptions,
    make_objective,
)
from lingweave.training import Run, TrainingOptions, processes, train
from tiny_models import make_model, make_tokenizer
from tiny_pairs import PAIRS

PATIENCE = 120  # seconds; only a broken program needs them
OPTIONS = {
    "mlm": MLMOptions(masking=0.3),
    "tlm": TLMOptions(masking=0.3),
    "weam": WEAMOptions(),
    "word-aligned": WordAlignedOptions(),
}
EXAMPLES = (PAIRS * 3)[:9]
"""Four in an update: in each epoch two full ones, and one of a single example."""
SEED = 9
"""With most others some objective's first updates leave gradients that are zero but for rounding,
by whose sign Adam takes a whole step: then losses differ by 1e-4, also with micro-batches in one
process."""


def settings(**changes):
    given = {"learning_rate": 1e-2, "batch_size": 4, "epochs": 3, "precision": "fp32"}
    return TrainingOptions(**(given | changes))


def fitted(name, folder, *, report=None, made=None, **changes):
    """Train a tiny model without dropout; it and what was recorded."""
    objective = make_objective(name, make_tokenizer("bert"), made or OPTIONS[name])
    model = make_model("bert")
    objective.begin(model, seed=3)
    run = Run(options=settings(**changes), seed=SEED, work=folder, report=report)
    return model, train(model, objective, EXAMPLES, run)


def curve(name, folder, **changes):
    """The loss of each update, the tokens, and a number that changes with any weight."""
    model, progress = fitted(name, folder, **changes)
    weights = torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
    place = torch.linspace(1, 2, len(weights), dtype=torch.float64)
    return {
        "losses": [loss for _, loss in progress.losses],
        "tokens": progress.tokens,
        "weights": float((weights.double() * place).sum()),
    }


def stopped(name, folder):
    """Ctrl-C reaches one process only, and in the middle of an update."""

    def report(done):
        if done.update == 4 and processes.rank() == processes.count() - 1:
            os.kill(os.getpid(), signal.SIGINT)

    try:
        fitted(name, folder, report=report)
    except KeyboardInterrupt:
        return "stopped"


def start(program, case, folder, number=2):
    """Start processes as a launcher does, and give each its own place to write to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    told = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
    told["PYTHONPATH"] = os.pathsep.join(sys.path)
    started = []
    for rank in range(number):
        own = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(number)}
        command = [sys.executable, program, case, str(folder)]
        started.append(subprocess.Popen(command, env=os.environ | told | own))
    return started


def results(program, case, folder):
    """What each of two processes found."""
    started = start(program, case, folder)
    try:
        assert [process.wait(PATIENCE) for process in started] == [0, 0]
    finally:
        for process in started:
            process.kill()
    return [json.loads((folder / f"{case}.{rank}.json").read_text()) for rank in range(2)]


def answer(cases):
    """Run the case that is asked for, and write what it found; what a program of tests does."""
    case, folder = sys.argv[1], Path(sys.argv[2])
    found = cases[f"case_{case}"](folder)
    (folder / f"{case}.{processes.rank()}.json").write_text(json.dumps(found))
