"""The lexicons of a study: induced from its own bitexts, either way round, or read from files."""

import numpy as np
import pytest

from lingweave.config import Alignment, BitextSource, LexiconSource
from lingweave.corpus import open_bitext
from lingweave.errors import UserError
from lingweave.study.aligning import align_bitext
from lingweave.study.lexicons import gather_lexicons, load_lexicons, read_given
from lingweave.study.stage import Workplace

ENGLISH = ["the house", "the book", "a book", "a house"] * 5
GERMAN = ["das Haus", "das Buch", "ein Buch", "ein Haus"] * 5
LINKS = ["0-0 1-1"] * 20


def aligned(folder, sides, languages):
    """A finished stage with given links."""
    folder.mkdir()
    paths = []
    for language, sentences in zip(languages, sides, strict=True):
        paths.append(folder / f"text.{language}")
        paths[-1].write_text("\n".join(sentences) + "\n", "utf-8")
    links = folder / "given.pharaoh"
    links.write_text("\n".join(LINKS) + "\n")
    source = BitextSource(location=(str(paths[0]), str(paths[1])), links=str(links))
    align_bitext(
        Workplace(folder, folder, {}, None), open_bitext(source.location), source, Alignment()
    )
    return folder


def gathered(tmp_path, inputs, source=LexiconSource()):  # noqa: B008 (frozen)
    out = tmp_path / "lexicons"
    out.mkdir()
    gather_lexicons(Workplace(out, out, inputs, None), "en", source)
    return load_lexicons(out)


def test_a_lexicon_is_induced_from_each_bitext_whichever_side_the_language_is_on(tmp_path):
    one = aligned(tmp_path / "one", (ENGLISH, GERMAN), ("en", "de"))
    # The same text as if German were Dutch, English on the right.
    other = aligned(tmp_path / "other", (GERMAN, ENGLISH), ("nl", "en"))
    german, dutch = gathered(tmp_path, {"bitext 1": one, "bitext 2": other})
    assert (german.target_language, dutch.target_language) == ("de", "nl")
    assert (german.source_language, dutch.source_language) == ("en", "en")
    expected = {"the": "das", "house": "Haus", "book": "Buch", "a": "ein"}
    for lexicon in (german, dutch):
        found = {word: [one.text for one in lexicon.translations(word)] for word in expected}
        assert found == {word: [text] for word, text in expected.items()}
        assert lexicon.draw("House", np.random.default_rng(1)) == "Haus"


def test_files_are_used_instead_of_bitexts(tmp_path):
    path = tmp_path / "en-fr.tsv"
    path.write_text("house\tmaison\t3\nhouse\tlogis\t1\n", "utf-8")
    (lexicon,) = gathered(tmp_path, {}, LexiconSource(files=[str(path)]))
    assert lexicon.target_language == "fr"
    assert [tuple(one) for one in lexicon.translations("house")] == [
        ("maison", 0.75),
        ("logis", 0.25),
    ]


def test_a_file_for_another_language_is_refused(tmp_path):
    path = tmp_path / "de-fr.tsv"
    path.write_text("Haus\tmaison\n", "utf-8")
    with pytest.raises(UserError, match="it translates 'de', but 'en' is to be switched"):
        read_given([str(path)], "en")


def test_files_may_be_named_by_languages_with_longer_names_than_codes(tmp_path):
    path = tmp_path / "base-miro.tsv"
    path.write_text("dog\tkuma\n", "utf-8")
    (lexicon,) = read_given([str(path)], "base")
    assert (lexicon.source_language, lexicon.target_language) == ("base", "miro")
    with pytest.raises(UserError, match="the language of the translations is not known"):
        read_given([str(path)], "tasu")
    codes = tmp_path / "en-deu.tsv"
    codes.write_text("dog\tHund\n", "utf-8")
    (lexicon,) = read_given([str(codes)], "en")
    assert (lexicon.source_language, lexicon.target_language) == ("en", "de")
