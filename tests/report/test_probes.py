"""The report of a probe as a reader sees it."""

from lingweave.alignment import AlignmentScore
from lingweave.evaluation.extraction import ExtractionSetting
from lingweave.report.probes import probe_report, probe_summary
from lingweave.study.probe_results import (
    AlignmentProbe,
    ChosenExtraction,
    ChosenLayer,
    ExtractionScore,
    FastAlignScores,
    IsotropyCurve,
    ModelProbe,
    ProbeResults,
    RetrievalCurve,
)


def score(aer):
    return AlignmentScore(aer=aer, precision=0.91, recall=0.72, num_sentences=447)


def setting(layer, extraction="argmax", threshold=0.0):
    return ExtractionSetting(
        layer=layer,
        pooling="mean",
        centring="sentence",
        extraction=extraction,
        threshold=threshold,
    )


def retrieval(text, unit, accuracies, pooling="mean", similarity="csls"):
    return RetrievalCurve(
        text=text,
        unit=unit,
        links="none" if unit == "sentences" else "gold",
        pooling=pooling,
        similarity=similarity,
        source_to_target=[value + 0.1 for value in accuracies],
        target_to_source=[value - 0.1 for value in accuracies],
        num_source=1000,
        num_target=999,
        signature="probe:retrieval.1",
    )


def layer_of(text, unit, layer, both_ways):
    return ChosenLayer(text=text, unit=unit, chosen_on=["x"], layer=layer, both_ways=both_ways)


def isotropy(text, language, cosines, unit="words"):
    return IsotropyCurve(
        text=text,
        unit=unit,
        language=language,
        average_cosine=cosines,
        partition_ratio=[0.9, 0.5],
        num_vectors=10,
    )


def model_probe(name, gain):
    """Two layers, two Tatoeba texts, two gold sets."""
    chosen = {
        "argmax": (setting(1), 0.10),
        "iterated argmax": (setting(1, "iterated argmax"), 0.13),
        "softmax": (setting(0, "softmax", 0.3), 0.12),
        "any": (setting(1, "iterated argmax"), 0.13),
    }
    return ModelProbe(
        model=name,
        checkpoint="0123456789ab",
        retrieval=[
            retrieval("de-en", "sentences", [0.2, 0.8]),
            retrieval("sw-en", "sentences", [0.3, 0.5]),
            retrieval("de-en", "sentences", [0.21, 0.7], similarity="cosine"),
            retrieval("en-fr", "words", [0.31, 0.6]),
        ],
        chosen_layers=[
            layer_of("de-en", "sentences", 1, 0.8 + gain),
            layer_of("sw-en", "sentences", 1, 0.5 + gain),
            layer_of("en-fr", "words", 1, 0.6 + gain),
        ],
        isotropy=[
            isotropy("en-fr", "en", [0.1, 0.80]),
            isotropy("en-fr", "fr", [0.3, 0.84]),
            isotropy("de-en", "de", [0.0, 0.1], unit="sentences"),
        ],
        alignment=[
            AlignmentProbe(
                text=text,
                chosen_on=[other],
                chosen=[
                    ChosenExtraction(
                        method=method,
                        setting=one,
                        score=score(aer + shift - gain),
                        by_layer=[0.5, aer + shift - gain],
                        signature="probe:alignment.1",
                    )
                    for method, (one, aer) in chosen.items()
                ],
                best=ExtractionScore(setting=setting(0), score=score(0.05 + shift)),
                num_settings=780,
            )
            for text, other, shift in (("en-fr", "zh-en", 0), ("zh-en", "en-fr", 0.2))
        ],
        words_without_piece={"en-fr": (0, 14781), "zh-en": (7, 26562)},
    )


def results(*models):
    return ProbeResults(
        models=list(models),
        fast_align=[
            FastAlignScores(
                text=text,
                num_pairs=70000,
                scores={"intersection": score(0.129 + shift), "union": score(0.18 + shift)},
            )
            for text, shift in (("en-fr", 0), ("zh-en", 0.22))
        ],
        made_by={"command": "lingweave probe", "lingweave": "0.1.0", "machine": "AMD EPYC"},
        stages=[],
    )


TWO = results(model_probe("before", 0.0), model_probe("after", 0.01))


def test_before_after_and_fast_align_stand_in_one_table():
    table = probe_summary(TWO)
    assert table.header == [
        "model",
        "sentences",
        "words",
        "AER en-fr, argmax",
        "AER en-fr, any",
        "AER zh-en, argmax",
        "AER zh-en, any",
        "cosine of words",
    ]
    assert table.rows == [
        ["before", "65.0", "60.0", "10.0", "13.0", "30.0", "33.0", "0.82"],
        ["after", "66.0", "61.0", "9.0", "12.0", "29.0", "32.0", "0.82"],
        ["FastAlign", "–", "–", "12.9", "12.9", "34.9", "34.9", "–"],
    ]


def test_every_layer_and_setting_is_told():
    lines = probe_report(TWO).splitlines()
    assert lines[0] == "# Probe of before, after"
    retrieval_at = lines.index(
        "### Sentence retrieval, mean of the pieces, csls: accuracy in %, both ways"
    )
    assert lines[retrieval_at + 2 : retrieval_at + 6] == [
        "| layer | de-en | sw-en | mean |",
        "|---|---|---|---|",
        "| 0 | 20.0 | 30.0 | 25.0 |",
        "| 1 | 80.0 | 50.0 | 65.0 |",
    ]
    assert "| layer | en-fr (gold) | mean |" in lines
    alignment_at = lines.index("### Word alignment, en-fr, settings chosen on zh-en")
    assert lines[alignment_at + 4 : alignment_at + 11] == [
        "| argmax | 1 | mean | sentence | argmax | 10.0 | 91.0 | 72.0 |",
        "| iterated argmax | 1 | mean | sentence | iterated argmax | 13.0 | 91.0 | 72.0 |",
        "| softmax | 0 | mean | sentence | softmax \\> 0.3 | 12.0 | 91.0 | 72.0 |",
        "| any | 1 | mean | sentence | iterated argmax | 13.0 | 91.0 | 72.0 |",
        "| best of 780 on this very set | 0 | mean | sentence | argmax | 5.0 | 91.0 | 72.0 |",
        "| FastAlign, intersection | – | – | – | – | 12.9 | 91.0 | 72.0 |",
        "| FastAlign, union | – | – | – | – | 18.0 | 91.0 | 72.0 |",
    ]
    assert "| 0 | 50.0 | 50.0 | 50.0 | 50.0 | 50.0 | 50.0 | 50.0 | 50.0 |" in lines
    assert "| 1 | 0.100 | 0.500 | 0.820 | 0.500 |" in lines


def test_words_without_a_vector_are_counted_where_there_are_any():
    text = probe_report(TWO)
    assert text.count("- zh-en: 7 of 26,562 words have no piece, hence no vector and no link.") == 2
    assert "of 14,781 words" not in text


def test_tables_without_data_are_left_out():
    bare = model_probe("one", 0.0).model_copy(
        update={"alignment": [], "isotropy": [], "retrieval": [], "chosen_layers": []}
    )
    report = probe_report(results(bare).model_copy(update={"fast_align": []}))
    assert "| one | – | – | – |" in report
    assert "###" not in report.replace("### Remarks", "")


def test_every_row_is_as_long_as_its_header():
    width = 0
    for line in probe_report(TWO).splitlines():
        if not line.startswith("|"):
            width = 0
        elif width == 0:
            width = line.count("|")
        else:
            assert line.count("|") == width, line
