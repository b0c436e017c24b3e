"""The sentence pairs that are kept for a report: short, true to the files, switched by the rule."""

import pytest

from lingweave.config import Alignment, BitextSource, Recipe
from lingweave.study.plan import Plan
from lingweave.study.samples import collect_samples
from lingweave.study.stage import Store
from lingweave.study.stages import align_stage

LONG = "a b c d e f g h i j k l m n"
PAIRS = [
    (LONG, LONG, "0-0"),
    ("the black cat sleeps", "le chat noir dort", "0-0 1-2 2-1 3-3"),
    ("the dog is here", "le chien est la", ""),
    ("two cats sleep well", "deux chats dorment bien", "0-0 1-1 2-2 3-3"),
    ("one cat sleeps badly", "un chat dort mal", "0-0 1-1 2-2 3-3"),
]
UNTRAINED = {"untouched": {"objective": "none"}}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A plan of nothing but an aligned bitext, finished, and a recipe with systems to be given."""
    folder = tmp_path_factory.mktemp("study")
    for name, place in (("train.en", 0), ("train.fr", 1), ("links", 2)):
        (folder / name).write_text("".join(f"{pair[place]}\n" for pair in PAIRS), "utf-8")
    source = BitextSource(
        location=(str(folder / "train.en"), str(folder / "train.fr")),
        source_language="en",
        target_language="fr",
        links=str(folder / "links"),
    )
    stage = align_stage(source, Alignment())
    store = Store(folder / "stages")
    store.run(stage)

    def collected(systems):
        examples = {"path": "none.tsv"}
        task = {"task": "nli", "train": examples, "dev": examples, "languages": ["en"]}
        recipe = Recipe.model_validate(
            {
                "name": "tiny",
                "encoder": {"checkpoint": "none"},
                "bitext": [source.model_dump()],
                "systems": systems,
                "control": next(iter(systems)),
                "tasks": {"nli": task | {"test": {"path": "{language}.tsv"}}},
            }
        )
        plan = Plan(alignments=(stage,), encoders={1: stage}, systems={}, trials=(), retrieval={})
        return collect_samples(recipe, plan, store)

    return collected


def test_the_first_short_pairs_with_links_are_kept_as_they_are(study):
    samples = study(UNTRAINED)
    assert [" ".join(sample.source_words) for sample in samples] == [PAIRS[1][0], PAIRS[3][0]]
    assert samples[0].target_words == ["le", "chat", "noir", "dort"]
    assert samples[0].links == [(0, 0), (1, 2), (2, 1), (3, 3)]
    assert (samples[0].source_language, samples[0].target_language) == ("en", "fr")


def test_a_study_that_switches_nothing_shows_nothing_switched(study):
    assert all(not sample.switched and not sample.switched_by for sample in study(UNTRAINED))


def test_the_source_is_switched_by_the_bounds_of_the_system(study):
    bounds = {"objective": "code-switched", "max_switched": 0.5, "max_phrase_words": 1}
    samples = study({"switched": bounds})
    counterparts = {
        "the": "le", "black": "noir", "cat": "chat", "sleeps": "dort",
        "two": "deux", "cats": "chats", "sleep": "dorment", "well": "bien",
    }  # fmt: skip
    for sample in samples:
        assert sample.switched_by == "links"
        before = "".join(
            segment.text if segment.original is None else segment.original
            for segment in sample.switched
        )
        assert before == " ".join(sample.source_words)
        replaced = [segment for segment in sample.switched if segment.original is not None]
        assert 1 <= len(replaced) <= 2
        for segment in replaced:
            assert segment.text == counterparts[segment.original]
            assert segment.language == "fr"
    assert study({"switched": bounds}) == samples
    assert not any(sample.switched for sample in study({"switched": bounds | {"max_switched": 0}}))
