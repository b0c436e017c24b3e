"""Whole probes of tiny encoders: what is found, what is chosen, and what is not done twice."""

import shutil

import numpy as np
import pytest
from tokenizers import pre_tokenizers

from lingweave.alignment import (
    AlignmentScore,
    alignment_error_rate,
    fast_align,
    read_gold,
)
from lingweave.encoder import Encoder, ModelCard, load_encoder, save_encoder
from lingweave.errors import AlignmentError, RecipeError, TextFileError
from lingweave.evaluation.extraction import ExtractionSetting, score_extractions
from lingweave.evaluation.isotropy import measure_isotropy
from lingweave.evaluation.retrieval import retrieval_accuracy
from lingweave.evaluation.states import WordStates, sentence_vectors, word_states
from lingweave.study.probe_plan import ProbeTexts, linked_texts, tatoeba_texts
from lingweave.study.probe_results import ProbeResults, RetrievalCurve
from lingweave.study.probe_stages import links_through_text, read_words
from lingweave.study.probing import choose_layers, choose_settings, probe
from tiny_models import make_model, make_tokenizer

NUM_LAYERS = 3
GOLD = {"fr": "1-1 2-2 3p2\n1-1 2-2\n2-1 1-2\n", "zh": "1-1 2-2\n1-1 2-2 3-3\n1-1\n"}


class Watch:
    """Remembers what was done and what was found done."""

    def __init__(self, stop_before=""):
        self.done, self.found, self.stop_before = [], [], stop_before

    def stage(self, label, number, num_stages, finished):
        if label == self.stop_before:
            raise KeyboardInterrupt
        (self.found if finished else self.done).append(label)

    def update(self, report):
        raise AssertionError("nothing is trained here")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two encoders, `before` and `after`, and texts of words such as w7."""
    root = tmp_path_factory.mktemp("probe")
    for name, kind in (("before", "bert"), ("after", "roberta")):
        tokenizer = make_tokenizer(kind)
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        encoder = Encoder(model=make_model(kind), tokenizer=tokenizer, has_new_head=False)
        card = ModelCard(title=name, base_model="none", languages=[], made_by={})
        save_encoder(encoder, root / name, card=card)
    draw = np.random.default_rng(4)

    def write(name, num_lines):
        lines = [
            " ".join(f"w{word}" for word in draw.integers(6, 40, size=4)) for _ in range(num_lines)
        ]
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines))

    for pair in ("de-en", "hi-en"):
        for language in pair.split("-"):
            write(f"tatoeba/{pair}.{language}", 30)
    for language in ("fr", "sw"):
        for split, num_lines in (("train", 40), ("valid", 12)):
            write(f"en-{language}/{split}.en", num_lines)
            write(f"en-{language}/{split}.{language}", num_lines)
    (root / "enfr.text").write_text("w7 w8 w9 ||| w9 w8\nw7 w20 ||| w30 w31\nw6 w7 ||| w6 w7\n")
    (root / "zhen.text").write_text("w7 w8 ||| w9 w8\nw7 w20 w6 ||| w30 w31 w9\nw6 ||| w7 w8\n")
    for language, links in GOLD.items():
        (root / f"{language}.gold").write_text(links)
    return root


@pytest.fixture(scope="module")
def texts(folder):
    return ProbeTexts(
        sentences=tatoeba_texts(folder / "tatoeba"),
        words=linked_texts(
            {
                ("fr", "en"): (folder / "enfr.text", folder / "fr.gold"),
                ("zh", "en"): (folder / "zhen.text", folder / "zh.gold"),
            },
            {("en", "fr"): folder / "en-fr", ("en", "sw"): folder / "en-sw"},
        ),
    )


@pytest.fixture(scope="module")
def probed(folder, texts):
    models = [str(folder / "before"), str(folder / "after")]
    return probe(models, texts, folder / "out", observer=Watch(), command="lingweave probe")


def model_of(results, name):
    return next(model for model in results.models if model.model == name)


def curve_of(model, **wanted):
    (curve,) = [
        curve
        for curve in model.retrieval
        if all(getattr(curve, name) == value for name, value in wanted.items())
    ]
    return curve


def test_texts_are_found_in_the_folders_they_lie_in(texts, folder):
    assert [text.location for text in texts.sentences] == [
        (str(folder / f"tatoeba/{pair}.{pair[:2]}"), str(folder / f"tatoeba/{pair}.en"))
        for pair in ("de-en", "hi-en")
    ]
    fr, zh, sw = texts.words
    # FastAlign learns from en-fr, turned round; zh has no bitext; sw has no gold.
    assert (fr.align_with.source_language, fr.align_with.target_language) == ("fr", "en")
    assert (zh.align_with, sw.gold) == (None, None)
    assert (
        next(iter(fr.align_with.open())).source
        == ((folder / "en-fr/train.fr").read_text().split("\n")[0])
    )
    assert sw.text.location == (str(folder / "en-sw/valid.en"), str(folder / "en-sw/valid.sw"))


@pytest.mark.parametrize("name", ["before", "after"])
def test_sentence_retrieval_is_that_of_the_encoder(probed, folder, name):
    encoder = load_encoder(folder / name)
    sides = [
        (folder / f"tatoeba/hi-en.{language}").read_text().splitlines() for language in ("hi", "en")
    ]
    source, target = (sentence_vectors(encoder, side) for side in sides)
    lines = np.repeat(np.arange(30)[:, None], 2, axis=1)
    for pooling in ("mean", "first"):
        for similarity in ("cosine", "csls"):
            curve = curve_of(
                model_of(probed, name), text="hi-en", pooling=pooling, similarity=similarity
            )
            assert (curve.unit, curve.links, curve.num_source) == ("sentences", "none", 30)
            layers = zip(source[pooling], target[pooling], strict=True)
            expected = [retrieval_accuracy(*layer, lines, similarity) for layer in layers]
            assert len(expected) == NUM_LAYERS
            assert curve.source_to_target == [score.source_to_target for score in expected]
            assert curve.target_to_source == [score.target_to_source for score in expected]
    found = [one for one in model_of(probed, name).isotropy if one.text == "hi-en"]
    assert [one.language for one in found] == ["hi", "en"]
    assert found[0].average_cosine == pytest.approx(
        [measure_isotropy(layer).average_cosine for layer in source["mean"]]
    )


def test_words_are_sought_by_gold_links_or_by_those_of_fast_align(probed):
    kinds = {
        curve.text: curve.links
        for curve in model_of(probed, "before").retrieval
        if curve.unit == "words"
    }
    assert kinds == {"fr-en": "gold", "zh-en": "gold", "en-sw": "FastAlign"}
    curve = curve_of(model_of(probed, "before"), text="fr-en", similarity="csls")
    # Sure links alone: 2 + 2 + 2 words of each side.
    assert (curve.num_source, curve.num_target) == (6, 6)
    expected = (
        "probe:retrieval.1|text:fr-en|words:6/6|among:7/6|links:gold|pooling:mean|similarity:"
    )
    assert curve.signature.startswith(expected + "csls.10|model:")


def test_alignments_are_scored_and_chosen_on_the_other_gold_set(probed, folder, texts):
    encoder = load_encoder(folder / "after")
    scores = {}
    for linked, name in zip(texts.words[:2], ("fr-en", "zh-en"), strict=True):
        text = read_words(linked.text)
        source = word_states(encoder, [pair.source for pair in text.pairs], text.source_words)
        target = word_states(encoder, [pair.target for pair in text.pairs], text.target_words)
        gold = read_gold(linked.gold, index_base=1)
        scores[name] = score_extractions(source, target, gold)
    for found in model_of(probed, "after").alignment:
        other = {"fr-en": "zh-en", "zh-en": "fr-en"}[found.text]
        assert found.chosen_on == [other]
        assert found.num_settings == len(scores["fr-en"])
        assert found.best.score.aer == min(score.aer for score in scores[found.text].values())
        assert [chosen.method for chosen in found.chosen] == [
            "argmax",
            "iterated argmax",
            "softmax",
            "any",
        ]
        for chosen in found.chosen:
            allowed = [
                setting for setting in scores[other] if chosen.method in ("any", setting.extraction)
            ]
            best = min(scores[other][setting].aer for setting in allowed)
            assert chosen.setting in allowed
            assert scores[other][chosen.setting].aer == best
            assert chosen.score == scores[found.text][chosen.setting]
            assert len(chosen.by_layer) == NUM_LAYERS
            assert chosen.by_layer[chosen.setting.layer] == chosen.score.aer


def test_fast_align_learns_from_the_bitext_and_is_scored_on_the_gold_set(probed, folder, texts):
    scores = {found.text: found for found in probed.fast_align}
    assert list(scores) == ["fr-en", "zh-en"]
    assert (scores["fr-en"].num_pairs, scores["zh-en"].num_pairs) == (43, 3)
    lines = zip(
        (folder / "en-fr/train.fr").read_text().splitlines(),
        (folder / "en-fr/train.en").read_text().splitlines(),
        strict=True,
    )
    gold_pairs = read_words(texts.words[0].text).lowered
    links = fast_align([*((a.split(), b.split()) for a, b in lines), *gold_pairs])
    gold = read_gold(folder / "fr.gold", index_base=1)
    for method, score in scores["fr-en"].scores.items():
        assert score == alignment_error_rate(links.symmetrized(method)[40:], gold)


def test_what_is_finished_is_not_done_again(probed, folder, texts):
    watch = Watch()
    again = probe(
        [str(folder / "before"), str(folder / "after")],
        texts,
        folder / "out",
        observer=watch,
        command="lingweave probe",
    )
    assert watch.done == []
    assert len(watch.found) == 3 + 2 * (2 + 3)
    assert again == probed
    assert ProbeResults.model_validate_json(probed.model_dump_json()) == probed


def test_one_more_model_costs_only_itself_and_an_interruption_no_finished_work(
    folder, texts, tmp_path
):
    shutil.copytree(folder / "out", tmp_path / "out")
    third = tmp_path / "third"
    shutil.copytree(folder / "before", third)
    (third / "README.md").write_text("another checkpoint\n")
    models = [str(folder / "before"), str(third)]
    with pytest.raises(KeyboardInterrupt):
        probe(models, texts, tmp_path / "out", observer=Watch(stop_before="words-third-fr-en"))
    watch = Watch()
    results = probe(models, texts, tmp_path / "out", observer=watch)
    assert watch.done == ["words-third-fr-en", "words-third-zh-en", "words-third-en-sw"]
    first, same = results.models
    # The same weights under another digest.
    assert first.checkpoint != same.checkpoint
    assert [curve.source_to_target for curve in first.retrieval] == [
        curve.source_to_target for curve in same.retrieval
    ]


def curve(text, *values, unit="words", pooling="mean", similarity="csls"):
    return RetrievalCurve(
        text=text,
        unit=unit,
        links="gold",
        pooling=pooling,
        similarity=similarity,
        source_to_target=list(values),
        target_to_source=[value - 0.2 for value in values],
        num_source=1,
        num_target=1,
        signature="",
    )


def test_a_layer_is_chosen_on_the_other_texts():
    """Means of the others: a: 0.4 0.5 0.3; b: 0.5 0.35 0.55; c: 0.3 0.65 0.65, the first."""
    curves = [
        curve("a", 0.3, 0.7, 0.9),
        curve("b", 0.3, 0.6, 0.4),
        curve("c", 0.7, 0.6, 0.4),
        curve("a", 0, 0, 1, similarity="cosine"),
        curve("b", 0, 0, 1, unit="sentences"),
        curve("b", 0, 0, 1, pooling="first"),
    ]
    chosen = choose_layers(curves, "words")
    assert [(one.text, one.layer) for one in chosen] == [("a", 1), ("b", 1), ("c", 1)]
    assert [one.both_ways for one in chosen] == pytest.approx([0.6, 0.5, 0.5])
    assert chosen[0].chosen_on == ["b", "c"]
    (alone,) = choose_layers(curves, "sentences")
    assert (alone.chosen_on, alone.layer, alone.both_ways) == (["b"], 2, pytest.approx(0.9))


def test_one_gold_set_alone_says_that_it_was_chosen_on_itself():
    settings = [
        ExtractionSetting(
            layer=layer, pooling="mean", centring="none", extraction=extraction, threshold=0
        )
        for layer in (0, 1)
        for extraction in ("argmax", "iterated argmax", "softmax")
    ]
    scores = {
        setting: AlignmentScore(aer=aer, precision=0.5, recall=0.5, num_sentences=1)
        for setting, aer in zip(settings, (0.5, 0.4, 0.3, 0.2, 0.6, 0.7), strict=True)
    }
    found = choose_settings("en-fr", {"en-fr": scores}, "0" * 12)
    assert found.chosen_on == ["en-fr"]
    assert [chosen.score.aer for chosen in found.chosen] == [0.2, 0.4, 0.3, 0.2]
    assert found.chosen[0].by_layer == [0.5, 0.2]
    assert found.chosen[3].by_layer == [0.3, 0.2]
    assert found.chosen[0].signature.startswith(
        "probe:alignment.1|text:en-fr|chosen-on:en-fr|model:000000000000|layer:1|pooling:mean"
    )


def test_links_are_counted_through_the_text_without_words_that_were_not_seen():
    states = [
        WordStates(vectors={}, has_piece=np.array(seen), starts=np.array(starts))
        for seen, starts in (
            ([True, True, False, True], [0, 2, 3, 4]),
            ([True, False, True, True], [0, 1, 3, 4]),
        )
    ]
    links = [np.array([[0, 0], [1, 0]]), np.array([[0, 1]]), np.array([[0, 0]])]
    assert links_through_text(links, *states).tolist() == [[0, 0], [1, 0], [3, 3]]
    assert links_through_text(links[:1], *states).tolist() == [[0, 0], [1, 0]]


@pytest.mark.parametrize("models", [[], ["before"]])
def test_a_probe_of_nothing_is_refused(folder, texts, tmp_path, models):
    empty = ProbeTexts() if models else texts
    with pytest.raises(RecipeError, match="there is nothing to probe; give a model, and text"):
        probe([str(folder / model) for model in models], empty, tmp_path, observer=Watch())


def test_a_model_or_a_text_given_twice_is_refused(folder, texts, tmp_path):
    before = str(folder / "before")
    with pytest.raises(RecipeError, match="before is given twice; give each model and each pair"):
        probe([before, before], texts, tmp_path, observer=Watch())
    twice = ProbeTexts(sentences=[texts.sentences[0]] * 2)
    with pytest.raises(RecipeError, match="de-en is given twice"):
        probe([before], twice, tmp_path, observer=Watch())


def test_models_of_one_name_are_told_apart_by_their_folders(folder, texts, tmp_path):
    for run in ("a", "b"):
        shutil.copytree(folder / "before", tmp_path / run / "model")
    one_text = ProbeTexts(sentences=texts.sentences[:1])
    models = [str(tmp_path / run / "model") for run in ("a", "b")]
    results = probe(models, one_text, tmp_path / "out", observer=Watch())
    names = [model.model for model in results.models]
    assert [name[-7:] for name in names] == ["a-model", "b-model"]


def test_missing_files_are_refused_before_any_work(folder, texts, tmp_path):
    gold = {("fr", "en"): (folder / "enfr.text", folder / "none.gold")}
    watch = Watch()
    with pytest.raises(TextFileError, match=r"none\.gold: no such file; check the path"):
        probe(
            [str(folder / "before")],
            ProbeTexts(sentences=texts.sentences, words=linked_texts(gold, {})),
            tmp_path,
            observer=watch,
        )
    assert watch.done == []
    with pytest.raises(TextFileError, match=r"no two files such as de-en\.de and de-en\.en"):
        tatoeba_texts(tmp_path)


def test_gold_links_of_another_text_are_refused(folder, tmp_path):
    gold = {("zh", "en"): (folder / "zhen.text", folder / "fr.gold")}
    with pytest.raises(AlignmentError, match=r"fr\.gold:1: link 2-1 is beyond the sentence pair"):
        probe(
            [str(folder / "before")],
            ProbeTexts(words=linked_texts(gold, {})),
            tmp_path,
            observer=Watch(),
        )


def test_the_real_tatoeba_has_twelve_pairs_with_english(shared):
    texts = tatoeba_texts(shared / "data/tatoeba")
    pairs = [(text.open().source_language, text.open().target_language) for text in texts]
    assert pairs == [
        (language, "en")
        for language in ["ar", "de", "el", "es", "fr", "hi", "ru", "sw", "th", "tr", "vi", "zh"]
    ]
    assert sum(1 for text in texts for _ in text.open()) == 10_938
