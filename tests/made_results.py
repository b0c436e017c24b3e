"""Results made by hand that have something for every section of a report."""

from lingweave.alignment import AlignmentScore
from lingweave.evaluation.extraction import ExtractionSetting
from lingweave.study import MEAN, ClaimResult, Estimate, ProbeResults, Results, Sample, Score
from lingweave.study.probe_results import (
    AlignmentProbe,
    ChosenExtraction,
    ChosenLayer,
    ExtractionScore,
    FastAlignScores,
    IsotropyCurve,
    ModelProbe,
    RetrievalCurve,
)
from lingweave.study.results import LengthBucket, Measure, Retrieved, SeedScore, Switched
from lingweave.study.samples import Segment
from made_recipe import make_recipe

HOSTILE = """</style></script><script>alert("1")</script><img src="https://example.org/x">&amp;'"""
LANGUAGES = ["en", "de", "ar", "zh", "th", "hi", "ur"]
RATIOS = {"switched-little": 0.1, "switched": 0.3, "switched-much": 0.5}
SYSTEMS = ["untouched", "mlm", "tlm", *RATIOS, "a-system-with-a-very-long-name-indeed"]
SETTINGS = ["zero-shot", "translate-train"]


def make_score(system, setting, language, value):
    """Every system but the control gains two points; the intervals are six points long."""
    metrics = {"accuracy": value, "macro_f1": value - 0.1}
    seeds = [
        SeedScore(pretraining_seed=seed, finetuning_seed=1, metrics=metrics, signature="s")
        for seed in (1, 2)
    ]
    return Score(
        system=system,
        setting=setting,
        task="xnli",
        language=language,
        num_examples=5000,
        score=Estimate(mean=value, low=value - 0.03, high=value + 0.03),
        metrics=metrics,
        over_control=None if system == "mlm" else Estimate(mean=0.02, low=0.01, high=0.03),
        seeds=seeds,
    )


def make_results(**changes):
    """Scores: 70 % in English, 60 % elsewhere; 5 points more after translate-train."""
    scores = [
        make_score(
            system,
            setting,
            language,
            (0.7 if language == "en" else 0.6 + 0.05 * (setting == "translate-train"))
            + 0.02 * (system != "mlm"),
        )
        for setting in SETTINGS
        for system in SYSTEMS
        for language in [*LANGUAGES, MEAN]
    ]
    run = {"seed": 1, "updates": 100, "tokens": 10**6, "seconds": 90.0, "last_loss": 2.5}
    losses = [[update, 8.0 - update / 20] for update in range(1, 101, 3)]
    runs = [run | {"losses": losses}, run | {"seed": 2, "losses": losses[:20]}]
    systems = {}
    for name in SYSTEMS:
        options = {"objective": name}
        if name in RATIOS:
            options = {"objective": "code-switched", "max_switched": RATIOS[name], "plain": 0.2}
        systems[name] = {"options": options, "runs": [] if name == "untouched" else runs}
    values = {
        "study": "everything",
        "question": "Does pairing help?",
        "control": "mlm",
        "source_language": {"xnli": "en"},
        "measures": {
            "xnli": Measure(metrics={"accuracy": "accuracy", "macro_f1": "macro-F1"}, chance=1 / 3)
        },
        "scores": scores,
        "claims": make_claims(),
        "switched": [
            Switched(
                system="mlm",
                setting="progressive",
                task="xnli",
                temperatures=[0.0, 0.3],
                effective_ratio=[0.0, 0.28],
                coverage=[1.0, 1.0],
                cmi=[0.0, 27.7],
            )
        ],
        "samples": make_samples(),
        "lengths": make_lengths(),
        "alignments": [
            {
                "bitext": "data/en-ar",
                "languages": ["en", "ar"],
                "pairs": 10000,
                "source_words": 100,
                "target_words": 100,
                "links": 70,
                "method": "fast-align",
                "symmetrization": "intersection",
            }
        ],
        "retrieval": [
            Retrieved(system=system, seed=seed, text=text, by_layer=layers, signature="s")
            for system in SYSTEMS
            for seed in (1, 2)
            for text, layers in (("de-en", [0.2, 0.6, 0.7 + seed / 10]), ("ar-en", [0.0, 0.1, 0.3]))
        ],
        "systems": systems,
        "recipe": make_recipe(name="everything"),
        "made_by": {
            "command": "lingweave run everything.yaml",
            "lingweave": "0.1.0",
            "commit": "abc123",
            "machine": "a machine",
        },
        "stages": [
            {"folder": "align-en-ar-1", "seconds": 30.0, "machine": "a machine"},
            {"folder": "pretrain-mlm-1-2", "seconds": 7200.0, "machine": "a machine"},
            {"folder": "finetune-mlm-3", "seconds": 83.4, "machine": "another machine"},
        ],
    }
    return Results(**(values | changes))


def make_claims():
    """One of each verdict."""
    return [
        ClaimResult(
            id="tlm-helps",
            text="TLM beats MLM",
            kind="method",
            verdict="supported",
            reason="The interval leaves 0 out.",
            effect=0.02,
            low=0.01,
            high=0.03,
            p=0.004,
            p_holm=0.012,
            num_seeds=3,
            compared=("tlm", "mlm"),
            task="xnli",
            source="a paper",
        ),
        ClaimResult(id="b", text="B", kind="method", verdict="contradicted", reason="No."),
        ClaimResult(id="c", text="C", kind="method", verdict="inconclusive", reason="Wide."),
        ClaimResult(id="d", text="D", kind="method", verdict="not tested", reason="Missing."),
    ]


def make_lengths():
    """Two buckets of each language; German is short throughout."""
    accuracies = {"en": [0.8, 0.7], "ar": [0.7, 0.5], "zh": [0.6, 0.4], "de": [0.1]}
    return [
        LengthBucket(
            task="xnli",
            setting="zero-shot",
            language=language,
            low=10 + 50 * number,
            high=59 + 50 * number,
            num_examples=100,
            scores=dict.fromkeys(SYSTEMS, accuracy),
        )
        for language, own in accuracies.items()
        for number, accuracy in enumerate(own)
    ]


def make_samples():
    """Three words each; Arabic runs from right to left."""
    words = {
        "ar": ["القط", "الأسود", "ينام"],
        "ur": ["کالی", "بلی", "سوتی"],
        "zh": ["黑猫", "在", "睡觉"],
        "th": ["แมว", "ดำ", "นอน"],
        "hi": ["काली", "बिल्ली", "सोती"],
    }
    return [
        Sample(
            source_language="en",
            target_language=language,
            source_words=["black", "cats", "sleep"],
            target_words=target,
            links=[(0, 1), (1, 0), (2, 2)],
            switched=[
                Segment(text="black ", language="en"),
                Segment(text=target[0], language=language, original="cats"),
                Segment(text=" sleep", language="en"),
            ],
            switched_by="links",
        )
        for language, target in words.items()
    ]


def make_probe_results():
    """Two encoders of three layers, one text of sentences and one of words with gold links."""
    return ProbeResults(
        models=[make_model("before", 0.1), make_model("after", 0.2)],
        fast_align=[
            FastAlignScores(
                text="en-fr", num_pairs=1000, scores={"intersection": make_alignment_score(0.13)}
            )
        ],
        made_by={"command": "lingweave probe before after", "lingweave": "0.1.0"},
        stages=[{"folder": "sentences-de-en-1", "seconds": 3.0}],
    )


def make_alignment_score(rate):
    return AlignmentScore(aer=rate, precision=0.9, recall=0.8, num_sentences=447)


def make_model(name, gain):
    setting = ExtractionSetting(
        layer=1, pooling="mean", centring="none", extraction="argmax", threshold=0.0
    )
    score = make_alignment_score(0.3 - gain)
    chosen = [
        ChosenExtraction(
            method=method, setting=setting, score=score, by_layer=[0.5, 0.2, 0.3], signature="s"
        )
        for method in ("argmax", "any")
    ]
    curves = [
        RetrievalCurve(
            text=text,
            unit=unit,
            links="none" if unit == "sentences" else "gold",
            pooling="mean",
            similarity="csls",
            source_to_target=[0.1, 0.3 + gain, 0.2],
            target_to_source=[0.2, 0.4 + gain, 0.3],
            num_source=1000,
            num_target=1000,
            signature="s",
        )
        for text, unit in (("de-en", "sentences"), ("en-fr", "words"))
    ]
    return ModelProbe(
        model=name,
        checkpoint="0123456789ab",
        retrieval=curves,
        chosen_layers=[
            ChosenLayer(
                text=curve.text, unit=curve.unit, chosen_on=["x"], layer=1, both_ways=0.35 + gain
            )
            for curve in curves
        ],
        isotropy=[
            IsotropyCurve(
                text="en-fr",
                unit="words",
                language="en",
                average_cosine=[0.1, 0.2, 0.6],
                partition_ratio=[0.9, 0.8, 0.5],
                num_vectors=100,
            )
        ],
        alignment=[
            AlignmentProbe(
                text="en-fr",
                chosen_on=["zh-en"],
                chosen=chosen,
                best=ExtractionScore(setting=setting, score=score),
                num_settings=780,
            )
        ],
        words_without_piece={"en-fr": (3, 1000)},
    )
