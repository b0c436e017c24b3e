"""How well encoders find translations of sentences, layer by layer, before and after training."""

from collections import defaultdict

import numpy as np

from lingweave.report.line_plots import NUM_STYLES, Curve, LineFigure, line_panel
from lingweave.report.tables import Table
from lingweave.study import MEAN, Results

LAYERS = "layer (0: the embeddings)"
EXPLANATION = (
    "Accuracy at 1 in %, both ways, by CSLS and the mean of the pieces' vectors. Nothing was "
    "trained for it: it says how far sentences and their translations lie together in an encoder."
)


def retrieval_table(results: Results) -> Table | None:
    """The last layer: systems × texts and their mean, mean over seeds; None if nothing is known."""
    by_text: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for one in results.retrieval:
        by_text[one.system][one.text].append(100 * one.by_layer[-1])
    if not by_text:
        return None
    texts = list(dict.fromkeys(one.text for one in results.retrieval))
    rows = []
    for system, found in by_text.items():
        means = [float(np.mean(found[text])) for text in texts]
        rows.append([system, *(f"{mean:.1f}" for mean in (*means, np.mean(means)))])
    title = "Sentences found by their translations, last layer, in %"
    return Table(title, ["system", *texts, MEAN], rows)


def retrieval_figure(results: Results) -> LineFigure:
    """Every layer: the mean over texts and seeds, a curve for each system."""
    accuracies: dict[str, list[list[float]]] = defaultdict(list)
    for one in results.retrieval:
        accuracies[one.system].append([100 * accuracy for accuracy in one.by_layer])
    curves = [
        Curve(system, [*enumerate(np.mean(found, axis=0).tolist())], number % NUM_STYLES)
        for number, (system, found) in enumerate(accuracies.items())
    ]
    num_texts = len({one.text for one in results.retrieval})
    caption = f"Mean of {num_texts} pairs of languages and all seeds. {EXPLANATION}"
    panel = line_panel("retrieval of sentences", curves, None, 0.0)
    return LineFigure(caption, [panel], LAYERS)
