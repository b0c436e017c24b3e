"""Preparation of text for pre-training: time and memory as the text grows, beside datasets.

What is measured, for each size in a process of its own: the stages of a study that read a bitext,
find its words, align them, tokenise both sides and store all that pre-training needs (`align`,
`tokenize`); then that the lengths of all examples are read from the file. The text is the
English-German bitext again and again; after the first time a random word of each pair is replaced.

Memory is told twice. `held` is what the process itself held at its peak (RssAnon, sampled). `peak`
also counts the pages of mapped files (VmHWM), which the kernel takes back when it needs room. The
model of the aligner grows with the number of word pairs that meet, so slower than the text. CPU
time is told too, as it hardly depends on what else the machine does.

The peer of `tokenize` is `datasets.Dataset.map(batched=True)` with the same tokenizer in one
process, which stores the pieces only: no words of pieces, no links.

    python benchmarks/preparation.py --shared ../shared --encoder CHECKPOINT

The last lines read `RATIO <what> <value>`: time per pair of the largest text against that of the
smallest (lower is better), and the time of the peer against ours (higher is better).
"""

import argparse
import json
import os
import platform
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

SIZES = (100_000, 300_000, 1_000_000)
LANGUAGES = ("en", "de")
SAMPLE_SECONDS = 0.05


def main() -> None:
    """Run the benchmark, or one part of it where a hidden option asks for it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--shared", type=Path, help="folder with the real data")
    parser.add_argument("--encoder", type=Path, required=True, help="checkpoint with the tokenizer")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of pairs")
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--map", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.prepare:
        print(json.dumps(prepare(arguments.prepare, arguments.encoder)))
    elif arguments.map:
        print(json.dumps(tokenize_with_datasets(arguments.map, arguments.encoder)))
    elif arguments.shared:
        benchmark(arguments.shared / "data/bitext/en-de", arguments.encoder, arguments.sizes)
    else:
        parser.error("--shared is needed: the folder with the real data")


def benchmark(bitext: Path, encoder: Path, sizes: Sequence[int]) -> None:
    """Measure each size, and print a table and ratios."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("tokenizers", "datasets"))
    print(f"{time.strftime('%Y-%m-%d')}; {os.cpu_count()} cores; ", end="")
    print(f"Python {platform.python_version()}, {packages}\n")
    print("| pairs | align | tokenize | lengths | µs per pair | CPU µs | held | peak | on disk |")
    print(f"|{'---|' * 9}")
    per_pair, tokenizing = [], 0.0
    for num_pairs in sizes:
        with tempfile.TemporaryDirectory() as folder:
            write_repeated(bitext, Path(folder), num_pairs)
            found = in_process("--prepare", Path(folder), encoder)
            if num_pairs == sizes[0]:
                tokenizing = found["tokenize"]
                peer = in_process("--map", Path(folder), encoder)
        per_pair.append((found["align"] + found["tokenize"]) / num_pairs)
        seconds = " | ".join(f"{found[part]:.1f} s" for part in ("align", "tokenize", "lengths"))
        memory = " | ".join(f"{found[part]:,.0f} MB" for part in ("held", "peak", "disk"))
        times = f"{1e6 * per_pair[-1]:.0f} | {1e6 * found['cpu'] / num_pairs:.0f}"
        print(f"| {num_pairs:,} | {seconds} | {times} | {memory} |", flush=True)
    cost = f"{peer['seconds']:.1f} s ({peer['cpu']:.1f} s CPU), {peer['held']:,.0f} MB held"
    print(f"\ndatasets, {sizes[0]:,} pairs: {cost}\n")
    print(f"RATIO preparation_growth {per_pair[-1] / per_pair[0]:.2f}")
    print(f"RATIO tokenize_speed_against_datasets {peer['seconds'] / tokenizing:.2f}")


def in_process(option: str, folder: Path, encoder: Path) -> dict[str, Any]:
    """Run a part as a process of its own.

    Raises:
        CalledProcessError: the process failed.
    """
    command = [sys.executable, __file__, option, str(folder), "--encoder", str(encoder)]
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return result


def write_repeated(bitext: Path, folder: Path, num_pairs: int) -> None:
    """Write the pairs again and again; after the first time a random word of each is replaced."""
    sides = [
        (bitext / f"train.{language}").read_text("utf-8").split("\n")[:-1] for language in LANGUAGES
    ]
    pairs = list(zip(*sides, strict=True))
    words = [word for pair in pairs for sentence in pair for word in sentence.split()]
    chance = random.Random(1)
    files = [(folder / f"train.{code}").open("w", encoding="utf-8") for code in LANGUAGES]
    for number in range(num_pairs):
        pair = list(pairs[number % len(pairs)])
        if number >= len(pairs):
            side = chance.randrange(2)
            own = pair[side].split()
            own[chance.randrange(len(own))] = chance.choice(words)
            pair[side] = " ".join(own)
        for file, sentence in zip(files, pair, strict=True):
            file.write(f"{sentence}\n")
    for file in files:
        file.close()


def prepare(folder: Path, encoder: Path) -> dict[str, float]:
    """Run both stages on a folder's text; seconds of each part and megabytes."""
    from lingweave.config import Alignment, BitextSource
    from lingweave.study.encoded_pairs import EncodedPairs
    from lingweave.study.stage import Store
    from lingweave.study.stages import align_stage, given, tokenize_stage

    source, target = LANGUAGES
    bitext = BitextSource(location=str(folder), source_language=source, target_language=target)
    store = Store(folder / "stages")
    cpu_before = time.process_time()
    with peak_memory() as memory:
        clock = [time.perf_counter()]
        align = align_stage(bitext, Alignment())
        store.run(align)
        clock.append(time.perf_counter())
        out = store.run(tokenize_stage(align, given(encoder), max_length=128))
        clock.append(time.perf_counter())
        assert EncodedPairs([out]).lengths.min() > 0
        clock.append(time.perf_counter())
    parts = ("align", "tokenize", "lengths")
    seconds = {part: clock[n + 1] - clock[n] for n, part in enumerate(parts)}
    seconds["cpu"] = time.process_time() - cpu_before
    size = sum(path.stat().st_size for path in (folder / "stages").rglob("*") if path.is_file())
    return seconds | memory | {"disk": size / 2**20}


def tokenize_with_datasets(folder: Path, encoder: Path) -> dict[str, float]:
    """Tokenise a folder's text by datasets; seconds and megabytes."""
    from datasets import Dataset, disable_progress_bars
    from transformers import AutoTokenizer

    disable_progress_bars()
    tokenizer = AutoTokenizer.from_pretrained(str(encoder))
    texts = {
        language: (folder / f"train.{language}").read_text("utf-8").split("\n")[:-1]
        for language in LANGUAGES
    }

    def encode(rows: dict[str, list[str]]) -> dict[str, list[list[int]]]:
        return {
            language: tokenizer(
                rows[language], add_special_tokens=False, truncation=True, max_length=126
            )["input_ids"]
            for language in LANGUAGES
        }

    with peak_memory() as memory:
        data = Dataset.from_dict(texts)
        start, cpu_before = time.perf_counter(), time.process_time()
        data.map(encode, batched=True, cache_file_name=str(folder / "datasets.arrow"))
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_before
    return {"seconds": seconds, "cpu": cpu} | memory


@contextmanager
def peak_memory() -> Iterator[dict[str, float]]:
    """Watch this process; when the block ends, megabytes stand in what is yielded.

    `held` is memory of its own, `peak` also counts mapped files. Zero where there is no Linux.
    """
    found = {"held": 0.0, "peak": 0.0}
    over = threading.Event()

    def watch() -> None:
        while not over.wait(SAMPLE_SECONDS):
            found["held"] = max(found["held"], status_megabytes("RssAnon"))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()
        found["peak"] = status_megabytes("VmHWM")


def status_megabytes(name: str) -> float:
    """A figure of this process, as Linux tells it."""
    status = Path("/proc/self/status")
    text = status.read_text("ascii") if status.exists() else ""
    line = re.search(rf"{name}:\s+(\d+) kB", text)
    return int(line[1]) / 1024 if line else 0.0


if __name__ == "__main__":
    main()
