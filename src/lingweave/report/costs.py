"""What a study took: time by kind of work, and the machines."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from lingweave.report.tables import Table

_WORK = {
    "twins": "making the twin languages",
    "tokenize": "finding words and pieces",
    "align": "word alignment",
    "links": "word alignment",
    "encoder": "the encoder that all start from",
    "lexicons": "lexicons",
    "pretrain": "continued pre-training",
    "relevance": "relevance of words",
    "body": "fine-tuning",
    "finetune": "fine-tuning",
    "evaluate": "testing",
    "sentences": "probes of sentences",
    "words": "probes of words",
}
"""What the stages do whose folders begin so."""


def cost_table(stages: Sequence[Mapping[str, Any]]) -> Table:
    """Stages and time by kind of work, in the order in which they were begun, and their sum."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for stage in stages:
        kind = str(stage["folder"]).partition("-")[0]
        seconds[_WORK.get(kind, kind)].append(float(stage["seconds"]))
    total = sum(map(sum, seconds.values()))
    rows = [
        [work, str(len(taken)), duration(sum(taken)), f"{100 * sum(taken) / max(total, 1e-9):.0f}"]
        for work, taken in seconds.items()
    ]
    rows.append(["all", str(len(stages)), duration(total), "100"])
    return Table("Time by kind of work", ["work", "stages", "time", "% of all"], rows)


def machines(stages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Each machine once, where the stages tell."""
    return list(dict.fromkeys(stage["machine"] for stage in stages if stage.get("machine")))


def duration(seconds: float) -> str:
    """Hours, minutes or seconds, whatever reads best.

    83.4 → 1 min 23 s; 7,265 → 2 h 1 min.
    """
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"
