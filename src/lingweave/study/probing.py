"""Probe encoders: what their layers know of translations, before and after training, side by side.

What is chosen for a text (the layer; for word alignments also pooling, centring and threshold) is
chosen on the other texts; what the best would have given is told beside it, as such.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

import numpy as np

from lingweave import __version__
from lingweave.alignment.contextual import Extraction
from lingweave.evaluation.extraction import ExtractionSetting, Scores, choose
from lingweave.evaluation.scores import signature
from lingweave.study.probe_plan import DIGEST_DIGITS, ProbePlan, ProbeTexts, make_probe_plan
from lingweave.study.probe_results import (
    ANY,
    AlignmentProbe,
    ChosenExtraction,
    ChosenLayer,
    ExtractionScore,
    FastAlignScores,
    ModelProbe,
    ProbeResults,
    RetrievalCurve,
    TextProbe,
    Unit,
)
from lingweave.study.probe_stages import FAST_ALIGN, PROBE, PROBE_VERSION
from lingweave.study.run import Observer, share_stages
from lingweave.study.stage import Stage, Store, machine


def probe(
    models: Sequence[str], texts: ProbeTexts, out: Path, *, observer: Observer, command: str = ""
) -> ProbeResults:
    """Probe encoders with the same texts; `lingweave.report.write_report` writes what is returned.

    Args:
        models: directories or hub names of encoders, for example before and after training.
        texts: to probe them with.
        out: folder for stages and results; a probe that was interrupted goes on there.
        observer: is told of stages.
        command: the command line, for the record.

    Raises:
        UserError: an input is wrong; what is finished stays.
    """
    plan = make_probe_plan(models, texts)
    store = Store(out / "stages")
    share_stages(plan.stages, store, observer)
    return _collect(plan, store, command)


def _collect(plan: ProbePlan, store: Store, command: str) -> ProbeResults:
    """Read what the finished stages found."""
    aligned = [
        FastAlignScores.model_validate_json((store.folder(stage) / FAST_ALIGN).read_text("utf-8"))
        for stage in plan.links.values()
    ]
    return ProbeResults(
        models=[_model(name, plan, store) for name in plan.checkpoints],
        fast_align=[scores for scores in aligned if scores.scores],
        made_by={"command": command, "lingweave": __version__, "machine": machine()},
        stages=[
            {"folder": store.folder(stage).name, "seconds": store.record(stage)["seconds"]}
            for stage in plan.stages
        ],
    )


def _model(name: str, plan: ProbePlan, store: Store) -> ModelProbe:
    """All that was found in one encoder."""
    sentences = {text: _read(stage, store) for text, stage in plan.sentences[name].items()}
    words = {text: _read(stage, store) for text, stage in plan.words[name].items()}
    digest = plan.checkpoints[name].digest[:DIGEST_DIGITS]
    probes = [*sentences.values(), *words.values()]
    scores = {
        text: {one.setting: one.score for one in found.extraction}
        for text, found in words.items()
        if found.extraction
    }
    curves = [curve for found in probes for curve in found.retrieval]
    return ModelProbe(
        model=name,
        checkpoint=digest,
        retrieval=curves,
        chosen_layers=[chosen for unit in get_args(Unit) for chosen in choose_layers(curves, unit)],
        isotropy=[curve for found in probes for curve in found.isotropy],
        alignment=[choose_settings(text, scores, digest) for text in scores],
        words_without_piece={
            text: (found.num_words_without_piece, found.num_words) for text, found in words.items()
        },
    )


def _read(stage: Stage, store: Store) -> TextProbe:
    return TextProbe.model_validate_json((store.folder(stage) / PROBE).read_text("utf-8"))


def choose_layers(curves: Sequence[RetrievalCurve], unit: Unit) -> list[ChosenLayer]:
    """For each text the layer that is best on the mean of the others, by mean vectors and CSLS."""
    compared = {
        curve.text: curve.both_ways for curve in curves if curve.unit == unit and curve.is_plain
    }
    chosen = []
    for text, accuracies in compared.items():
        others = [name for name in compared if name != text] or [text]
        layer = int(np.mean([compared[name] for name in others], axis=0).argmax())
        chosen.append(
            ChosenLayer(
                text=text,
                unit=unit,
                chosen_on=others,
                layer=layer,
                both_ways=accuracies[layer],
            )
        )
    return chosen


def choose_settings(text: str, scores: Mapping[str, Scores], model: str) -> AlignmentProbe:
    """Choose each method's setting for one gold set on the others.

    Args:
        text: the gold set.
        scores: of all settings, by gold set.
        model: digest, for signatures.
    """
    others = [name for name in scores if name != text] or [text]
    own, elsewhere = scores[text], [scores[name] for name in others]
    best = choose([own])
    return AlignmentProbe(
        text=text,
        chosen_on=others,
        chosen=[
            _chosen(method, own, elsewhere, _about(text, others, model))
            for method in (*get_args(Extraction), ANY)
        ],
        best=ExtractionScore(setting=best, score=own[best]),
        num_settings=len(own),
    )


def _chosen(
    method: str, own: Scores, elsewhere: Sequence[Scores], about: Mapping[str, str]
) -> ChosenExtraction:
    """The method's best setting elsewhere, and the same for each layer."""
    settings = [setting for setting in own if method in (ANY, setting.extraction)]
    setting = _best(settings, elsewhere)
    by_layer = [
        _best([setting for setting in settings if setting.layer == layer], elsewhere)
        for layer in range(1 + max(setting.layer for setting in settings))
    ]
    facts = {
        "layer": str(setting.layer),
        "pooling": setting.pooling,
        "centring": setting.centring,
        "extraction": setting.extraction,
        "threshold": str(setting.threshold),
    }
    return ChosenExtraction(
        method=method,
        setting=setting,
        score=own[setting],
        by_layer=[own[best].aer for best in by_layer],
        signature=signature({**about, **facts}),
    )


def _best(settings: Sequence[ExtractionSetting], elsewhere: Sequence[Scores]) -> ExtractionSetting:
    return choose([{setting: scores[setting] for setting in settings} for scores in elsewhere])


def _about(text: str, others: Sequence[str], model: str) -> dict[str, str]:
    return {
        "probe": f"alignment.{PROBE_VERSION}",
        "text": text,
        "chosen-on": "+".join(others),
        "model": model,
    }
