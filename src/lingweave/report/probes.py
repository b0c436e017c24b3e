"""What probes found, as Markdown: all encoders in one table, then each of them layer by layer."""

from collections.abc import Iterator, Sequence
from typing import get_args

import numpy as np

from lingweave.alignment import AlignmentScore
from lingweave.evaluation.extraction import ExtractionSetting
from lingweave.evaluation.retrieval import SIMILARITIES
from lingweave.report.markdown import table_lines
from lingweave.report.tables import Table
from lingweave.study.probe_results import (
    ANY,
    AlignmentProbe,
    FastAlignScores,
    IsotropyCurve,
    ModelProbe,
    ProbeResults,
    RetrievalCurve,
    Unit,
)

SUMMARY_METHODS = ("argmax", ANY)
"""The plainest way of taking links out, and whichever is best on the other gold sets."""

_NOTHING = "–"
EXPLANATION = (
    "Retrieval: accuracy at 1 in %, mean of both directions, by CSLS and mean vectors; each text's "
    "layer is the best one on the mean of the other texts. AER in %, lower is better: layer, "
    "pooling, centring and threshold (for any the way of extraction, too) are those with the "
    "lowest error rate on the other gold sets. FastAlign's is its best symmetrisation on each very "
    "set, so the comparison favours it. Cosine: the mean of pairs of words in the last layer, mean "
    "of all sides of all texts."
)


def probe_report(results: ProbeResults) -> str:
    """All tables of a probe, and how it was made."""
    return "\n".join(_lines(results)) + "\n"


def probe_summary(results: ProbeResults) -> Table:
    """One row for each encoder, before and after training, and one for FastAlign."""
    gold = [probe.text for probe in results.models[0].alignment]
    rates = [f"AER {text}, {method}" for text in gold for method in SUMMARY_METHODS]
    header = ["model", "sentences", "words", *rates, "cosine of words"]
    rows = [_summary_row(model) for model in results.models]
    if results.fast_align:
        best = {
            scores.text: min(score.aer for score in scores.scores.values())
            for scores in results.fast_align
        }
        cells = [_percent(best[text]) for text in gold for _ in SUMMARY_METHODS]
        rows.append(["FastAlign", _NOTHING, _NOTHING, *cells, _NOTHING])
    return Table("Side by side", header, rows)


def _summary_row(model: ModelProbe) -> list[str]:
    by_unit = [
        [chosen.both_ways for chosen in model.chosen_layers if chosen.unit == unit]
        for unit in get_args(Unit)
    ]
    rates = [
        chosen.score.aer
        for probe in model.alignment
        for method in SUMMARY_METHODS
        for chosen in probe.chosen
        if chosen.method == method
    ]
    cosines = [curve.average_cosine[-1] for curve in model.isotropy if curve.unit == "words"]
    return [
        model.model,
        *(_percent(float(np.mean(values))) if values else _NOTHING for values in by_unit),
        *map(_percent, rates),
        f"{np.mean(cosines):.2f}" if cosines else _NOTHING,
    ]


def _lines(results: ProbeResults) -> Iterator[str]:
    yield f"# Probe of {', '.join(model.model for model in results.models)}"
    yield from table_lines(probe_summary(results), level=2)
    yield f"\n{EXPLANATION}"
    for model in results.models:
        yield f"\n## {model.model}"
        for table in model_tables(model, results.fast_align):
            yield from table_lines(table)
        yield "\n### Remarks\n"
        yield from (f"- {remark}" for remark in remarks(model))
    yield "\n## Made by\n"
    yield from (f"- {name}: `{value}`" for name, value in results.made_by.items() if value)


def model_tables(model: ModelProbe, fast_align: Sequence[FastAlignScores]) -> Iterator[Table]:
    """Everything measured in one encoder, layer by layer."""
    for pooling, vectors in (("mean", "mean of the pieces"), ("first", "first token")):
        for similarity in SIMILARITIES:
            curves = [
                curve
                for curve in model.retrieval
                if (curve.unit, curve.pooling, curve.similarity)
                == ("sentences", pooling, similarity)
            ]
            yield from _curves(f"Sentence retrieval, {vectors}, {similarity}", curves)
    for similarity in SIMILARITIES:
        curves = [c for c in model.retrieval if (c.unit, c.similarity) == ("words", similarity)]
        yield from _curves(f"Word retrieval, {similarity}", curves)
    by_text = {scores.text: scores for scores in fast_align}
    for probe in model.alignment:
        yield _alignment(probe, by_text[probe.text])
    if model.alignment:
        yield _alignment_by_layer(model.alignment)
    if model.isotropy:
        yield _isotropy(model.isotropy)


def _curves(title: str, curves: Sequence[RetrievalCurve]) -> Iterator[Table]:
    """Accuracy by layer and text; nothing where nothing was sought."""
    if not curves:
        return
    layers = np.array([curve.both_ways for curve in curves]).T
    rows = [
        [str(number), *map(_percent, accuracies), _percent(float(accuracies.mean()))]
        for number, accuracies in enumerate(layers)
    ]
    links = ["" if curve.links == "none" else f" ({curve.links})" for curve in curves]
    names = [curve.text + kind for curve, kind in zip(curves, links, strict=True)]
    yield Table(f"{title}: accuracy in %, both ways", ["layer", *names, "mean"], rows)


def _alignment(probe: AlignmentProbe, fast_align: FastAlignScores) -> Table:
    """The error rate of each method, and of FastAlign's symmetrisations."""
    rows = [
        [chosen.method, *_setting(chosen.setting), *_score(chosen.score)] for chosen in probe.chosen
    ]
    best = f"best of {probe.num_settings} on this very set"
    rows.append([best, *_setting(probe.best.setting), *_score(probe.best.score)])
    rows += [
        [f"FastAlign, {method}", *[_NOTHING] * 4, *_score(score)]
        for method, score in fast_align.scores.items()
    ]
    chosen_on = ", ".join(probe.chosen_on)
    return Table(
        f"Word alignment, {probe.text}, settings chosen on {chosen_on}",
        ["method", "layer", "pooling", "centring", "extraction", "AER", "precision", "recall"],
        rows,
    )


def _alignment_by_layer(probes: Sequence[AlignmentProbe]) -> Table:
    """The error rate in each layer; all but the layer is chosen on the other gold sets."""
    chosen = [(probe.text, chosen) for probe in probes for chosen in probe.chosen]
    layers = np.array([one.by_layer for _, one in chosen]).T
    rows = [[str(number), *map(_percent, rates)] for number, rates in enumerate(layers)]
    names = [f"{text}, {one.method}" for text, one in chosen]
    title = "AER in %, all but the layer chosen on the other gold sets"
    return Table(title, ["layer", *names], rows)


def _isotropy(curves: Sequence[IsotropyCurve]) -> Table:
    """Both measures in each layer, mean of all sides of all texts."""
    header, columns = ["layer"], []
    for unit in get_args(Unit):
        own = [curve for curve in curves if curve.unit == unit]
        if own:
            header += [f"{unit}: average cosine", f"{unit}: partition ratio"]
            columns.append(np.mean([curve.average_cosine for curve in own], axis=0))
            columns.append(np.mean([curve.partition_ratio for curve in own], axis=0))
    rows = [
        [str(number), *(f"{value:.3f}" for value in values)]
        for number, values in enumerate(np.array(columns).T)
    ]
    return Table("Isotropy, mean of all sides of all texts", header, rows)


def remarks(model: ModelProbe) -> Iterator[str]:
    """What is to be known of an encoder and of the texts, a sentence each."""
    without = {text: counts for text, counts in model.words_without_piece.items() if counts[0]}
    yield f"The checkpoint's files have the digest {model.checkpoint}."
    for text, (lost, words) in without.items():
        yield f"{text}: {lost:,} of {words:,} words have no piece, hence no vector and no link."
    sought = {
        f"{curve.text}: {curve.num_source:,} and {curve.num_target:,} {curve.unit}"
        for curve in model.retrieval
    }
    yield f"Sought, source and target: {'; '.join(sorted(sought))}."


def _setting(setting: ExtractionSetting) -> list[str]:
    extraction = setting.extraction + (f" > {setting.threshold}" if setting.threshold else "")
    return [str(setting.layer), setting.pooling, setting.centring, extraction]


def _score(score: AlignmentScore) -> list[str]:
    return [_percent(score.aer), _percent(score.precision), _percent(score.recall)]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
