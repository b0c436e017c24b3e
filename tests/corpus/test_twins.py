"""Twin languages: what the files promise, checked on meanings and on bytes."""

import hashlib
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from corpus.twin_world import BASE_LANGUAGE, GRAMMAR, LANGUAGES, WORLD, event
from lingweave.corpus.twins import (
    Language,
    Meaning,
    NounPhrase,
    Place,
    Sentence,
    TwinOptions,
    WorldSize,
    build_languages,
    build_lexicons,
    gold_links,
    say,
    write_twins,
)
from lingweave.errors import RecipeError, TextFileError

SMALL = TwinOptions(
    num_text=300,
    num_bitext_train=200,
    num_bitext_valid=50,
    num_nli_train=300,
    num_nli_dev=90,
    num_nli_test=90,
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("twins")
    write_twins(SMALL, folder)
    return folder


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _rows(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in _lines(path)]


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@given(seed=st.integers(0, 10**6), twin=st.sampled_from(LANGUAGES[1:]))
@settings(deadline=None)
def test_every_word_that_does_not_vanish_is_linked_to_the_same_concept(
    seed: int, twin: Language
) -> None:
    meaning = GRAMMAR.draw(random.Random(seed))
    source, target = say(meaning, BASE_LANGUAGE), say(meaning, twin)
    links = gold_links(source, target)
    assert {s for s, _ in links} == {i for i, slot in enumerate(source.slots) if slot is not None}
    assert {t for _, t in links} == {i for i, slot in enumerate(target.slots) if slot is not None}
    assert all(source.slots[s] == target.slots[t] for s, t in links)
    assert len(set(links)) == len(links)


def _worked_meaning(emphasis: str | None) -> Meaning:
    verb = WORLD.topics[0].frames[0].verb_pairs[0][0]
    frame = WORLD.frame_of[verb]
    return Meaning(
        topic=0,
        subject=NounPhrase(
            noun=frame.subject.members[0], adjective=frame.subject.adjective_pairs[0][0]
        ),
        verb=verb,
        object=NounPhrase(noun=frame.object.members[0]),
        negated=True,
        place=Place(relation="relation0", noun="topic0.place0"),
        emphasis=emphasis,
    )


def _worked_sentences(emphasis: str | None) -> tuple[Sentence, Sentence]:
    plain = build_languages(build_lexicons(WORLD, 2, seed=0, synonyms=0, two_words=0), ("miro",))
    source, target = (say(_worked_meaning(emphasis), language) for language in plain)
    return source, target


def test_a_hand_worked_meaning_is_said_and_linked() -> None:
    source, target = _worked_sentences(emphasis=None)
    # A S not V O in P .      A S O V not P in .
    assert " ".join(slot or "-" for slot in source.slots) == (
        "subject.adjective subject negation verb object place.relation place stop"
    )
    assert " ".join(slot or "-" for slot in target.slots) == (
        "subject.adjective subject object verb negation place place.relation stop"
    )
    assert gold_links(source, target) == [
        (0, 0), (1, 1), (2, 4), (3, 3), (4, 2), (5, 6), (6, 5), (7, 7)
    ]  # fmt: skip


def test_emphasis_orders_the_parts_of_both_languages_and_brings_the_marker() -> None:
    source, target = _worked_sentences(emphasis="OPVS")
    # O in P not V A S .      O marker P in V not A S .
    assert " ".join(slot or "-" for slot in source.slots) == (
        "object place.relation place negation verb subject.adjective subject stop"
    )
    assert " ".join(slot or "-" for slot in target.slots) == (
        "object - place place.relation verb negation subject.adjective subject stop"
    )
    assert gold_links(source, target) == [
        (0, 0), (1, 3), (2, 2), (3, 5), (4, 4), (5, 6), (6, 7), (7, 8)
    ]  # fmt: skip


def test_a_marker_shows_which_part_stands_first_for_emphasis() -> None:
    rng = random.Random(8)
    meanings = [GRAMMAR.draw(rng) for _ in range(400)]
    parts = {"subject marker": "S", "object marker": "O", "verb marker": "V"}
    for language in LANGUAGES:
        marked = [None in say(meaning, language).slots for meaning in meanings]
        part = parts.get(language.grammar.marker or "")
        assert marked == [bool(m.emphasis) and m.emphasis[0] == part for m in meanings]
        # Half of the sentences have an emphasis, and each of four parts may come first in it.
        assert part is None or 0.08 < sum(marked) / len(marked) < 0.17


def test_a_concept_of_two_words_has_two_links() -> None:
    half = build_languages(build_lexicons(WORLD, 2, seed=0, synonyms=0, two_words=0.5), ("miro",))
    rng = random.Random(0)
    shapes: Counter[tuple[int, int]] = Counter()
    for _ in range(200):
        meaning = GRAMMAR.draw(rng)
        source, target = (say(meaning, language) for language in half)
        pair = source.slots.count("verb"), target.slots.count("verb")
        verb_links = [s for s, _ in gold_links(source, target) if source.slots[s] == "verb"]
        assert len(verb_links) == pair[0] * pair[1]
        shapes[pair] += 1
    assert set(shapes) == {(1, 1), (1, 2), (2, 1), (2, 2)}


def test_languages_share_the_full_stop_only() -> None:
    vocabularies = [language.lexicon.words() for language in LANGUAGES]
    for index, words in enumerate(vocabularies):
        assert "." not in words
        for others in vocabularies[index + 1 :]:
            assert not words & others


def test_within_a_language_two_concepts_never_share_a_first_word() -> None:
    for language in LANGUAGES:
        owners: dict[str, str] = {}
        for concept, names in language.lexicon.names.items():
            for name in names:
                assert owners.setdefault(name[0], concept) == concept


@given(seed=st.integers(0, 10**6))
@settings(deadline=None)
def test_a_translation_is_a_function_of_the_meaning_and_keeps_meanings_apart(seed: int) -> None:
    rng = random.Random(seed)
    one, other = GRAMMAR.draw(rng), GRAMMAR.draw(rng)
    for language in LANGUAGES:
        assert say(one, language) == say(one, language)
        if event(one) != event(other):
            assert say(one, language).text != say(other, language).text


def test_a_synonym_belongs_to_the_high_register() -> None:
    # Of all languages: a world of some fifty concepts is too small a sample of one.
    names = [name for language in LANGUAGES for name in language.lexicon.names.values()]
    share = sum(low != high for low, high in names) / len(names)
    assert 0.2 < share < 0.4


def test_twins_differ_from_the_base_in_word_order() -> None:
    orders = [language.grammar.order for language in LANGUAGES]
    assert orders == ["SVO", "SOV", "VSO", "VOS", "OVS"]


def test_verbs_select_their_subjects_and_objects() -> None:
    rng = random.Random(0)
    for _ in range(300):
        meaning = GRAMMAR.draw(rng)
        frame = WORLD.frame_of[meaning.verb]
        assert meaning.subject.noun in (frame.subject.hypernym, *frame.subject.members)
        assert meaning.object.noun in (frame.object.hypernym, *frame.object.members)
        assert frame in WORLD.topics[meaning.topic].frames


def test_same_options_give_same_bytes_and_another_seed_gives_others(
    written: Path, tmp_path: Path
) -> None:
    write_twins(SMALL, tmp_path / "same")
    write_twins(SMALL.model_copy(update={"seed": 1}), tmp_path / "other")
    assert _files(tmp_path / "same") == _files(written)
    assert not set(_files(tmp_path / "other").values()) & set(_files(written).values())


def test_all_files_are_written_with_the_sizes_asked_for(written: Path) -> None:
    lengths = {name: len(_lines(written / name)) for name in _files(written)}
    expected = {f"text/{name}.txt": 300 for name in ("base", "miro", "tasu")}
    for source, target in (("base", "miro"), ("base", "tasu"), ("miro", "tasu")):
        for split, number in (("train", 200), ("valid", 50)):
            for side in (source, target, "pharaoh"):
                expected[f"bitext/{source}-{target}/{split}.{side}"] = number
    for split, number in (("train", 300), ("dev", 90), ("test", 90)):
        for language in ("base", "miro", "tasu"):
            expected[f"nli/{split}.{language}.tsv"] = number + 1  # the header
    assert lengths == expected


def test_links_in_files_stay_within_their_sentences(written: Path) -> None:
    for first, second in (("base", "miro"), ("base", "tasu"), ("miro", "tasu")):
        stem = written / "bitext" / f"{first}-{second}"
        sides = (_lines(stem / f"train.{side}") for side in (first, second, "pharaoh"))
        for source, target, links in zip(*sides, strict=True):
            num_source, num_target = len(source.split()), len(target.split())
            pairs = [tuple(map(int, link.split("-"))) for link in links.split()]
            assert all(s < num_source and t < num_target for s, t in pairs)
            assert (num_source - 1, num_target - 1) in pairs  # the full stops


def test_labels_are_balanced_and_parallel_across_languages(written: Path) -> None:
    for split in ("train", "dev", "test"):
        columns = []
        for language in ("base", "miro", "tasu"):
            header, *rows = _rows(written / "nli" / f"{split}.{language}.tsv")
            assert header == ["premise", "hypothesis", "label"]
            columns.append([label for *_, label in rows])
        assert columns[0] == columns[1] == columns[2]
        assert len(set(Counter(columns[0]).values())) == 1


def test_held_out_sentences_are_nowhere_else(written: Path) -> None:
    for language in ("base", "miro", "tasu"):
        said: dict[str, set[str]] = {}
        for split in ("train", "dev", "test"):
            rows = _rows(written / "nli" / f"{split}.{language}.tsv")[1:]
            said[split] = {sentence for *pair, _ in rows for sentence in pair}
        assert not said["train"] & said["dev"]
        assert not said["train"] & said["test"]
        assert not said["dev"] & said["test"]
        held_out = said["dev"] | said["test"]
        for path in [*written.rglob(f"train.{language}"), *written.rglob(f"valid.{language}")]:
            assert not held_out & set(_lines(path))
        text = "\n".join(_lines(written / "text" / f"{language}.txt"))
        sentences = {f"{part.strip()} ." for part in text.replace("\n", " ").split(".")}
        assert not held_out & sentences


def test_options_are_refused_before_any_work() -> None:
    with pytest.raises(ValidationError, match="differ"):
        TwinOptions(twins=("miro", "miro"))
    with pytest.raises(ValidationError, match="rename"):
        TwinOptions(twins=("../up",))
    with pytest.raises(ValidationError, match="extra"):
        TwinOptions.model_validate({"sed": 1})


def test_a_world_with_too_little_to_say_is_named(tmp_path: Path) -> None:
    tiny = WorldSize(
        num_topics=1, num_subject_kinds=1, num_object_kinds=1, num_members=2, num_adverb_pairs=1
    )
    with pytest.raises(RecipeError, match="too small.*make `world` larger"):
        write_twins(TwinOptions(world=tiny, num_text=50000), tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TextFileError, match="cannot write the file"):
        write_twins(SMALL, tmp_path / "file")
