"""What probes found as sections of a page: encoders side by side, then curves over their layers."""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from lingweave.report.costs import cost_table, machines
from lingweave.report.line_plots import NUM_STYLES, Curve, LineFigure, line_panel
from lingweave.report.page import Block, Page, Section
from lingweave.report.probes import EXPLANATION, model_tables, probe_summary, remarks
from lingweave.report.retrieval import LAYERS
from lingweave.report.study_page import command, made_by
from lingweave.study.probe_results import ANY, ModelProbe, ProbeResults


def probe_page(results: ProbeResults) -> Page:
    """Everything that is known of a probe."""
    names = ", ".join(model.model for model in results.models)
    summary = Section(
        name="side-by-side",
        title="Side by side",
        blocks=[Block(paragraphs=[EXPLANATION], tables=[probe_summary(results)])],
    )
    figures = [*_retrieval(results), *_error_rates(results), *_isotropy(results)]
    layers = Section(name="layers", title="Layer by layer", blocks=[Block(figures=figures)])
    return Page(
        title=f"Probe of {names}",
        lead="What do the layers of an encoder know of translations?",
        facts=[],
        sections=[summary, *([layers] if figures else []), *_models(results), *_made(results)],
    )


def _retrieval(results: ProbeResults) -> Iterator[LineFigure]:
    """Accuracy by layer, a curve for each encoder, a panel for sentences and one for words."""
    panels = []
    units: tuple[Literal["sentences", "words"], ...] = ("sentences", "words")
    for unit in units:
        curves = []
        for number, model in enumerate(results.models):
            chosen = [one for one in model.retrieval if one.unit == unit and one.is_plain]
            accuracies = [[100 * value for value in curve.both_ways] for curve in chosen]
            if not chosen:
                continue
            if len(results.models) == 1:
                curves += [Curve("", _over_layers(values), None) for values in accuracies]
            mean = np.mean(accuracies, axis=0).tolist()
            curves.append(Curve(model.model, _over_layers(mean), number % NUM_STYLES))
        if curves:
            panels.append(line_panel(f"retrieval of {unit}", curves, None, 0.0))
    told = "Thin: each text by itself. " if len(results.models) == 1 else ""
    caption = f"Accuracy at 1 in %, both ways, mean of all texts, by CSLS and mean vectors. {told}"
    if panels:
        yield LineFigure(caption.rstrip(), panels, LAYERS)


def _error_rates(results: ProbeResults) -> Iterator[LineFigure]:
    """The alignment error rate by layer, a panel for each gold set; FastAlign as a dashed line."""
    fast_align = {
        scores.text: min(100 * score.aer for score in scores.scores.values())
        for scores in results.fast_align
    }
    texts = [probe.text for probe in results.models[0].alignment]
    panels = []
    for text in texts:
        curves = [
            Curve(
                model.model,
                _over_layers([100 * rate for rate in chosen.by_layer]),
                number % NUM_STYLES,
            )
            for number, model in enumerate(results.models)
            for probe in model.alignment
            if probe.text == text
            for chosen in probe.chosen
            if chosen.method == ANY
        ]
        if curves:
            panels.append(line_panel(f"{text}, gold links", curves, fast_align.get(text), 0.0))
    caption = (
        "Alignment error rate in %, lower is better; all but the layer chosen on the other gold "
        "sets. Dashed: FastAlign, its best symmetrisation on each very set."
    )
    if panels:
        yield LineFigure(caption, panels, LAYERS)


def _isotropy(results: ProbeResults) -> Iterator[LineFigure]:
    """The average cosine of two vectors by layer, mean of all sides of all texts."""
    panels = []
    for unit in ("sentences", "words"):
        curves = []
        for number, model in enumerate(results.models):
            cosines = [curve.average_cosine for curve in model.isotropy if curve.unit == unit]
            if cosines:
                mean = np.mean(cosines, axis=0).tolist()
                curves.append(Curve(model.model, _over_layers(mean), number % NUM_STYLES))
        if curves:
            panels.append(line_panel(f"vectors of {unit}", curves, None, 0.0))
    caption = "Average cosine of two different vectors: near 0 they spread, near 1 all look alike."
    if panels:
        yield LineFigure(caption, panels, LAYERS)


def _over_layers(values: Sequence[float]) -> list[tuple[float, float]]:
    return [(float(layer), value) for layer, value in enumerate(values)]


def _models(results: ProbeResults) -> Iterator[Section]:
    for number, model in enumerate(results.models, start=1):
        yield Section(
            name=f"model-{number}",
            title=_title(model, results),
            blocks=[
                Block(
                    paragraphs=[*remarks(model)],
                    tables=[*model_tables(model, results.fast_align)],
                    folded=True,
                )
            ],
        )


def _title(model: ModelProbe, results: ProbeResults) -> str:
    return "All figures" if len(results.models) == 1 else f"All figures of {model.model}"


def _made(results: ProbeResults) -> Iterator[Section]:
    told = [f"Machine: {name}." for name in machines(results.stages)]
    told.append("Wall-clock time of each stage. Energy was not measured.")
    costs = Block(paragraphs=told, tables=[cost_table(results.stages)])
    yield Section(name="cost", title="What it cost", blocks=[costs])
    again = Block(paragraphs=[*made_by(results.made_by)], code=command(results.made_by))
    yield Section(name="again", title="Run it again", blocks=[again])
