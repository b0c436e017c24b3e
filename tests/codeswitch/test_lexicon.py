"""Lexicons: reading, case, dictd files, saving."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lingweave.codeswitch import Lexicon, read_lexicon, save_lexicon
from lingweave.codeswitch.writing import holds_letter, lookup_key, match_case, needs_space
from lingweave.errors import TextFileError, UserError


def lexicon(weights, source_language="en", target_language="de"):
    return Lexicon.of(
        weights, name="test", source_language=source_language, target_language=target_language
    )


def texts(lexicon, word):
    return [text for text, _ in lexicon.translations(word)]


@pytest.fixture
def write(tmp_path):
    def write_file(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


# Case.


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("haus", "house", "haus"),
        ("haus", "House", "Haus"),
        ("haus", "HOUSE", "HAUS"),
        ("Haus", "house", "Haus"),  # German nouns keep theirs
        ("ich", "I", "ich"),  # one letter shows no pattern
        ("telefon", "iPhone", "telefon"),
        ("macdonald", "McDonald", "macdonald"),
        ("zu fuß", "WALK", "ZU FUSS"),
        ("घर", "HOUSE", "घर"),
        ("casa", "घर", "casa"),
        ("arbeit", "Co-op", "Arbeit"),
    ],
)
def test_a_translation_is_written_as_its_word_is(text, pattern, expected):
    assert match_case(text, pattern, "de") == expected


def test_turkish_has_two_letters_i():
    assert match_case("iyi", "GOOD", "tr") == "İYİ"
    assert match_case("ılık", "Warm", "tr") == "Ilık"
    assert match_case("iyi", "Good", "tr") == "İyi"
    assert lookup_key("ISI", "tr") == "ısı"
    assert lookup_key("İYİ", "tr") == "iyi"
    assert lookup_key("ISI", "en") == "isi"


def test_what_is_not_seen_makes_no_other_word():
    """Soft hyphens and marks of direction; a non-joiner is seen, and parts Persian words."""
    assert lookup_key("ca\u00adt", "en") == "cat"
    assert lookup_key("\u200fكتاب\u200f", "ar") == "كتاب"
    assert lookup_key("می\u200cخواهم", "fa") == "می\u200cخواهم"


def test_words_are_found_whatever_their_case_or_composition():
    found = lexicon({"élan": {"schwung": 1.0}}, source_language="fr")
    assert texts(found, "ÉLAN") == ["SCHWUNG"]
    assert texts(found, "e\u0301lan") == ["schwung"]
    assert "Élan" in found
    assert "elan" not in found
    assert texts(found, "elan") == []


def test_a_translation_that_is_the_word_itself_is_none():
    found = lexicon({"bank": {"Bank": 3.0, "Ufer": 1.0}, "berlin": {"Berlin": 1.0}})
    assert found.translations("bank") == (("Ufer", 1.0),)
    assert "Berlin" not in found
    assert len(found) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [("cat", True), ("घर", True), ("3D", True), ("2020", False), ("½", False), ("--", False)],
)
def test_a_word_holds_a_letter(text, expected):
    assert holds_letter(text) is expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("我", "cat", True),
        ("cat", "我", True),
        ("我", "ねこ", False),
        ("cat", "'", False),
        ("cat", " ", False),
        ("", "cat", False),
        ("แมว", "猫", False),
        ("गी", "cat", True),
    ],
)
def test_a_space_parts_words_that_would_run_into_one(left, right, expected):
    assert needs_space(left, right) is expected


# Text files.


def test_two_columns_are_even_chances_and_repetition_adds_none(write):
    found = read_lexicon(
        write("en-de.tsv", "House\tHaus\nhouse\tGebäude\nhouse\tHaus\ncat\tKatze\n")
    )
    assert found.translations("house") == (("Haus", 0.5), ("Gebäude", 0.5))
    assert (found.name, found.source_language, found.target_language) == ("en-de", "en", "de")


def test_a_third_column_is_a_weight(write):
    found = read_lexicon(write("x.tsv", "a\tb\t3\nA\tc\t.5\na\tc\t5e-1\n"), target_language="de")
    assert found.translations("a") == (("b", 0.75), ("c", 0.25))
    assert found.source_language is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a\tb\nc\n",
            "2: found 1 column(s), expected a word, a translation and perhaps its weight",
        ),
        ("a\tb\n\t b\n", "2: found an empty column"),
        ("a\tb\tc\td\n", "1: found 4 column(s)"),
        ("a\tb\nc\td\t1\n", "2: found 3 columns, but 2 in the first line"),
        ("a\tb\tx\n", "1: found 'x' where a weight was expected"),
        ("a\tb\t0\n", "1: found '0' where a weight"),
        ("a\tb\tnan\n", "1: found 'nan' where a weight"),
        ("a\tb\tinf\n", "1: found 'inf' where a weight"),
        ("", " there is no word in this lexicon"),
    ],
)
def test_a_bad_line_is_named(write, text, message):
    path = write("en-de.tsv", text)
    with pytest.raises(UserError) as caught:
        read_lexicon(path)
    assert str(caught.value).startswith(f"{path}:{message}")


def test_the_language_of_the_translations_must_be_known(write):
    with pytest.raises(UserError, match="language of the translations is not known; give it"):
        read_lexicon(write("words.txt", "a\tb\n"))
    with pytest.raises(TextFileError, match="no such file"):
        read_lexicon("none.tsv", target_language="de")


words = st.text(st.characters(categories=["L", "M"]), min_size=1)


@settings(deadline=None)
@given(st.dictionaries(words.map(str.lower), st.dictionaries(words, st.floats(1e-3, 1e3))))
def test_what_is_saved_is_read_back_to_the_last_digit(tmp_path_factory, weights):
    weights = {lookup_key(word, "en"): of_word for word, of_word in weights.items() if of_word}
    saved = lexicon(weights)
    path = tmp_path_factory.mktemp("lexicon") / "en-de.tsv"
    save_lexicon(saved, path)
    if len(saved):
        assert dict(read_lexicon(path).entries) == saved.entries
        for translations in saved.entries.values():
            assert sum(probability for _, probability in translations) == pytest.approx(1)


def test_translations_are_drawn_by_their_probabilities():
    found = lexicon({"a": {"x": 1.0, "y": 3.0, "z": 6.0}})
    generator = np.random.default_rng(3)
    drawn = [found.draw("A", generator) for _ in range(20_000)]
    for text, probability in [("x", 0.1), ("y", 0.3), ("z", 0.6)]:
        share = drawn.count(text) / len(drawn)
        assert abs(share - probability) < 4 * (probability * (1 - probability) / 20_000) ** 0.5


def test_a_draw_beyond_the_rounded_sum_takes_the_last():
    class Highest:
        def random(self):
            return 1.0 - 2**-53

    tenths = lexicon({"w": dict.fromkeys("abcdefghij", 1.0)})
    assert tenths.draw("w", Highest()) == "j"


# dictd.

ENTRIES = [
    ("00databaseinfo", "00-database-info\nMaintainer: nobody, bank\n"),
    ("bank", "bank /bˈaŋk/ <N>\nBankinstitut <neut>, Bank <fem> [fin.]; Geldhaus\n"
             '      "I work in a bank"  - ich, du\n   Synonym: {shop}\n\n see: {banks}\n\n'
             "         Note: money\n"),
    ("run", "run /ɹˈʌn/ (ran /ɹˈan/ <>)\n1. laufen\n      \"she runs\"\n2. रन~बनाना, ?\n"),
    ("preempt", "pre-empt /pɹˈiː/ <v>\n [Am.] zuvorkommen /x/ <v, trans> {see}\n"
                "eine Erklärung von mehr Wörtern\n"),
]  # fmt: skip


def number(value):
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    text = digits[value % 64]
    while value := value // 64:
        text = digits[value % 64] + text
    return text


@pytest.fixture
def dictd(tmp_path):
    """A small dictionary in FreeDict's layout; "ran" is one more way to the entry of "run"."""
    rows, data = [], b""
    for headword, entry in ENTRIES:
        body = entry.encode()
        headwords = [headword, "ran"] if headword == "run" else [headword]
        rows += [f"{word}\t{number(len(data))}\t{number(len(body))}" for word in headwords]
        data += body
    (tmp_path / "eng-deu.index").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / "eng-deu.dict.dz").write_bytes(gzip.compress(data))
    return tmp_path


@pytest.mark.parametrize("name", ["eng-deu.index", "eng-deu.dict.dz"])
def test_a_dictd_pair_is_read_by_either_name(dictd, name):
    found = read_lexicon(dictd / name)
    assert (found.source_language, found.target_language) == ("en", "de")
    assert texts(found, "bank") == ["Bankinstitut", "Geldhaus"]
    assert texts(found, "run") == texts(found, "ran") == ["laufen", "रन बनाना"]
    assert texts(found, "Pre-empt") == ["Zuvorkommen"]
    assert len(found) == 4


def test_an_uncompressed_dictd_pair_is_read_too(dictd):
    packed = dictd / "eng-deu.dict.dz"
    (dictd / "eng-deu.dict").write_bytes(gzip.decompress(packed.read_bytes()))
    packed.unlink()
    assert len(read_lexicon(dictd / "eng-deu.dict")) == 4


def test_a_fourth_column_is_the_headword_as_it_was(dictd):
    path = dictd / "eng-deu.index"
    rows = [
        f"{row}\tRan!" if row.startswith("ran") else row for row in path.read_text().split("\n")
    ]
    path.write_text("\n".join(rows).strip())
    assert texts(read_lexicon(path), "ran!") == ["laufen", "रन बनाना"]


def test_a_damaged_dictd_pair_is_refused(dictd):
    index, packed = dictd / "eng-deu.index", dictd / "eng-deu.dict.dz"
    good = index.read_text()
    for row, message in [
        ("bank\tB", ":1: found no row of a dictd index"),
        ("bank\tB\té", ":1: found no row of a dictd index"),
        ("bank\tB\tBAAA", ":1: the row leads to byte 262,145, the dictionary has"),
    ]:
        index.write_text(row, encoding="utf-8")
        with pytest.raises(UserError) as caught:
            read_lexicon(index)
        assert str(caught.value).startswith(f"{index}{message}")
    index.write_text(good)
    packed.write_bytes(packed.read_bytes()[:40])
    with pytest.raises(TextFileError, match=r"eng-deu.dict.dz: the dictionary cannot be read"):
        read_lexicon(index)
    packed.unlink()
    with pytest.raises(TextFileError, match=r"eng-deu.dict: the dictionary cannot be read"):
        read_lexicon(index)


# Real data.


def test_the_real_urdu_lexicon(shared):
    path = shared / "data" / "lexicon" / "en-ur.tsv"
    found = read_lexicon(path)
    pairs = {
        (word.lower(), text)
        for word, text in (line.split("\t") for line in path.read_text("utf-8").splitlines())
    }
    assert sum(map(len, found.entries.values())) == len({p for p in pairs if p[0] != p[1].lower()})
    assert "دوست" in texts(found, "Friend")
