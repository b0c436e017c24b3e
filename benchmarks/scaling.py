"""More processes: tokens a second in training, by one process and by two.

What is measured: TLM on real sentence pairs with a real encoder, dropout off, the same updates each
time. One process with one thread; two processes with one thread each; one process with two threads:
what a second core is worth either way. The time of an update is the median over all but the first
few; beside the speed, how far the losses are from those of one process.

    python ../shared/models/e5-small-x15/unpack.py /tmp/e5
    python benchmarks/scaling.py --encoder /tmp/e5 --bitext ../shared/data/bitext/en-de

The last lines read `RATIO <what> <value>`, each against one process with one thread.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from torch import nn

from lingweave.config import BitextSource
from lingweave.encoder import encode_words, load_encoder
from lingweave.objectives import EncodedPair, TLMOptions, make_objective
from lingweave.study.probe_stages import read_pairs
from lingweave.training import Run, TrainingOptions, processes, train

WARM_UP_UPDATES = 2
LAUNCHER = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
CASES = {
    "one process, one thread": (1, 1),
    "two processes, one thread each": (2, 1),
    "one process, two threads": (1, 2),
}
NO_LINKS = np.empty((0, 2), dtype=np.int32)


def train_here(options: argparse.Namespace) -> None:
    """Train as one of the processes; the main one prints its figures as JSON."""
    encoder = load_encoder(options.encoder)
    for module in encoder.model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    pairs = read_pairs(BitextSource(location=options.bitext, max_pairs=options.pairs))
    sides = [
        encode_words(encoder.tokenizer, sentences, [()] * len(pairs), max_pieces=126)
        for sentences in ([pair.source for pair in pairs], [pair.target for pair in pairs])
    ]
    examples = [EncodedPair(*both, NO_LINKS) for both in zip(*sides, strict=True)]
    times = []
    with tempfile.TemporaryDirectory() as work:
        training = TrainingOptions(
            batch_size=options.batch_size,
            max_updates=options.updates,
            precision="fp32",
            checkpoint_updates=options.updates + 1,
        )
        run = Run(
            options=training,
            seed=1,
            work=Path(work),
            report=lambda _: times.append(time.perf_counter()),
        )
        objective = make_objective("tlm", encoder.tokenizer, TLMOptions())
        progress = train(encoder.model, objective, examples, run)
    if processes.is_main():
        seconds = statistics.median(np.diff(times)[WARM_UP_UPDATES:])
        speed = progress.tokens / progress.update / seconds
        print(json.dumps({"speed": speed, "losses": [loss for _, loss in progress.losses]}))


def measure(num_processes: int, threads: int) -> dict[str, object]:
    """Run this program with the same arguments in so many processes."""
    start = [sys.executable] if num_processes == 1 else [*LAUNCHER, str(num_processes)]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(
        [*start, __file__, "--here", *sys.argv[1:]],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure all cases, best of the rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--bitext", required=True)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--updates", type=int, default=12)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        train_here(options)
        return
    found = {name: [] for name in CASES}
    for _ in range(options.rounds):
        for name, (num_processes, threads) in CASES.items():
            found[name].append(measure(num_processes, threads))
    best = {name: max(runs, key=lambda run: run["speed"]) for name, runs in found.items()}
    first, *others = best
    for name, run in best.items():
        worst = np.abs(np.subtract(run["losses"], best[first]["losses"])).max()
        print(f"{name}: {run['speed']:,.0f} tokens/s, losses apart by {worst:.1e} at most")
    for name in others:
        ratio = best[name]["speed"] / best[first]["speed"]
        print(f"RATIO {name.replace(',', '').replace(' ', '-')} {ratio:.2f}")


if __name__ == "__main__":
    main()
