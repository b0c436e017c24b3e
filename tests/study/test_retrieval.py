"""Sentences sought by the encoders of a study, before and after their training."""

import pytest

from lingweave.config import BitextSource
from lingweave.errors import TextFileError
from lingweave.study import ProbeTexts, probe
from study.twin_study import Notes, recipe_dict, run

SEEDS = [1, 2]


@pytest.mark.slow
def test_each_encoder_is_asked_once_for_each_text_and_answers_as_in_a_probe(twins, tmp_path):
    sentences = tmp_path / "sentences"
    sentences.mkdir()
    for twin in ("miro", "tasu"):  # without most words, which some encoders find, some not
        text = (twins / f"bitext/base-{twin}/train.{twin}").read_text("utf-8")
        cut = [" ".join(line.split()[-2:]) + "\n" for line in text.splitlines()]
        (sentences / f"ba-{twin[:2]}.{twin[:2]}").write_text(text, "utf-8")
        (sentences / f"ba-{twin[:2]}.ba").write_text("".join(cut), "utf-8")
    values = recipe_dict(twins, settings=["zero-shot"], retrieval=str(sentences))
    values["systems"] = {name: {"objective": name} for name in ("none", "mlm")}
    values["pretraining"] |= {"seeds": SEEDS}
    results, notes = run(values, tmp_path / "out")

    encoders = [("none", 1), *(("mlm", seed) for seed in SEEDS)]
    found = {(one.system, one.seed, one.text): one.by_layer for one in results.retrieval}
    assert [*found] == [(*encoder, text) for encoder in encoders for text in ("ba-mi", "ba-ta")]
    assert sum(label.startswith("sentences-") for label in notes.run) == len(found)
    (folder,) = (tmp_path / "out" / "stages").glob("pretrain-mlm-2-*")
    text = BitextSource(
        location=(str(sentences / "ba-mi.ba"), str(sentences / "ba-mi.mi")),
        source_language="ba",
        target_language="mi",
    )
    alone = probe([str(folder)], ProbeTexts(sentences=[text]), tmp_path / "alone", observer=Notes())
    (curve,) = (one for one in alone.models[0].retrieval if one.is_plain)
    assert found["mlm", 2, "ba-mi"] == curve.both_ways
    assert len({tuple(found[*encoder, "ba-ta"]) for encoder in encoders}) == len(encoders)


def test_a_folder_without_sentences_is_refused_before_any_work(twins, tmp_path):
    values = recipe_dict(twins, retrieval=str(tmp_path / "nothing"))
    with pytest.raises(TextFileError, match=r"no two files such as de-en\.de"):
        run(values, tmp_path / "out")
    assert not (tmp_path / "out").exists()
