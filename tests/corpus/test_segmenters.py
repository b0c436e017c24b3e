"""Words and their offsets, in every script."""

import logging
import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lingweave.corpus import open_bitext, segmenter, segmenter_for_language
from lingweave.corpus.segmenters import SEGMENTERS, segmenter_name
from lingweave.corpus.segmenters.locate import locate
from lingweave.errors import MissingExtraError, UserError

INVISIBLE = "\u200b\ufeff"


def words(name, text):
    return [text[start:end] for start, end in segmenter(name)(text)]


@pytest.mark.parametrize("name", SEGMENTERS)
@settings(max_examples=150, deadline=None)
@given(
    text=st.one_of(
        st.text(),
        st.text("ab é\u0301Ü1,.\"'|\t\n\r\u3000\u200b\u200d\u00ad"),
        st.text("我爱北京天安门，。 aé1"),
        st.text("今日は良い天気です。 カﾀカナaé\x00"),
        st.text("ภาษาไทยง่ายนิดเดียวำ ์ๆฯ(é1,"),
    )
)
def test_spans_are_sorted_disjoint_and_lose_no_visible_character(name, text):
    spans = segmenter(name)(text)
    end_before = 0
    for start, end in spans:
        assert end_before <= start < end <= len(text)
        assert text[start:end].strip(), "no word is made of spaces"
        assert name == "whitespace" or text[start:end].strip(INVISIBLE)
        end_before = end
    covered = {position for start, end in spans for position in range(start, end)}
    for position, character in enumerate(text):
        if not character.isspace() and character not in INVISIBLE:
            assert position in covered


def test_unicode_words_and_single_punctuation_marks():
    text = "Don't, she said… “é”-ok_1?!"
    assert words("unicode", text) == [
        *["Don", "'", "t", ",", "she", "said", "…", "“", "é", "”", "-", "ok_1", "?", "!"]
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("हिन्दी में लिखा", ["हिन्दी", "में", "लिखा"]),  # vowel signs and virama are marks
        ("क्‍ष", ["क्‍ष"]),  # with a zero-width joiner
        ("می‌خواهم بروم", ["می‌خواهم", "بروم"]),  # with a zero-width non-joiner
        ("كِتَابٌ جميل", ["كِتَابٌ", "جميل"]),  # Arabic short vowels
        ("cafe\u0301 noir", ["cafe\u0301", "noir"]),  # decomposed accent
        ("Donau\u00addampf", ["Donau\u00addampf"]),  # soft hyphen
        ("\u200fسلام\u200f.", ["\u200fسلام\u200f", "."]),  # bidi marks are no words
        ("a\u200bb", ["a", "b"]),  # zero-width space
        ("ภาษาไทย", ["ภาษาไทย"]),  # Thai vowels above and below are marks
        ("½ x² №5", ["½", "x²", "№", "5"]),
        ("👍🏽ok ❤\ufe0f!", ["👍", "🏽", "ok", "❤\ufe0f", "!"]),
        ("", []),
        (" \n\u3000", []),
    ],
)
def test_unicode_words_of_many_scripts(text, expected):
    assert words("unicode", text) == expected


def test_unicode_equals_the_usual_pattern_on_the_real_alignment_data(shared):
    pairs = list(open_bitext(shared / "data" / "alignment" / "enfr.src-tgt"))
    pairs += list(open_bitext(shared / "data" / "alignment" / "zhen.src-tgt"))
    for text in [side for pair in pairs for side in (pair.source, pair.target)]:
        assert words("unicode", text) == re.findall(r"\w+|[^\w\s]", text)


def test_whitespace_words_are_those_of_split():
    text = " a ||| b\u3000c,d\x85e\t"
    assert words("whitespace", text) == text.split()


def test_jieba_words_are_jiebas_own_without_spaces(shared):
    import jieba

    jieba.setLogLevel(logging.WARNING)
    folder = shared / "data" / "bitext" / "en-zh"
    texts = [pair.target for pair in open_bitext(folder, split="valid")]
    texts += ["10.5% 的 iPhone。", "我 爱\u3000北京天安门"]
    for text in texts:
        assert words("jieba", text) == [word for word in jieba.lcut(text) if word.strip()]


def test_jieba_says_nothing_and_leaves_no_file(tmp_path, monkeypatch, capfd):
    from lingweave.corpus.segmenters import chinese

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    chinese._tokenizer.cache_clear()
    assert words("jieba", "我爱北京") == ["我", "爱", "北京"]
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_japanese_words_where_mecab_drops_spaces():
    text = "今日は  良い天気　です。\nHello, world!"
    assert words("fugashi", text) == [
        *["今日", "は", "良い", "天気", "です", "。", "Hello", ",", "world", "!"]
    ]


def test_thai_words_and_what_is_not_thai():
    text = 'สวัสดี  ครับ (Übung) บาท, "ok".'
    assert words("newmm", text) == [
        *["สวัสดี", "ครับ", "(", "Übung", ")", "บาท", ",", '"', "ok", '"', "."]
    ]


def test_words_that_a_library_has_rewritten_are_segmented_by_unicode():
    text = "ﬁne  ｗｏｒｄs here"
    spans = locate(text, ["fine", " words ", "", "here"])
    assert [text[start:end] for start, end in spans] == ["ﬁne", "ｗｏｒｄs", "here"]


@pytest.mark.parametrize(
    ("language", "name"),
    [("zh", "jieba"), ("zh-Hant", "jieba"), ("zh_TW", "jieba"), ("ja", "fugashi"), ("th", "newmm")]
    + [("zho_Hans", "jieba"), ("jpn_Jpan", "fugashi"), ("tha-Thai", "newmm")]
    + [("en", "unicode"), ("hi", "unicode"), ("ZH", "jieba"), (None, "unicode")],
)
def test_a_language_has_its_segmenter(language, name):
    assert segmenter_name(language) == name
    assert segmenter_for_language(language) is segmenter(name)


@pytest.mark.parametrize(
    ("name", "module", "package", "extra"),
    [
        ("jieba", "chinese", "jieba", "chinese"),
        ("fugashi", "japanese", "fugashi", "japanese"),
        ("fugashi", "japanese", "unidic_lite", "japanese"),
        ("newmm", "thai", "pythainlp", "thai"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(monkeypatch, name, module, package, extra):
    for loaded in [key for key in sys.modules if key.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.delitem(sys.modules, f"lingweave.corpus.segmenters.{module}", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Missing(package), *sys.meta_path])
    with pytest.raises(MissingExtraError) as caught:
        segmenter(name)
    assert str(caught.value) == (
        f"the segmenter '{name}' needs the package {package}, which is not installed; "
        f'install it with: pip install "lingweave[{extra}]"'
    )


class Missing:
    """An import hook that makes one package look as if it were not installed."""

    def __init__(self, package):
        self.package = package

    def find_spec(self, name, *_):
        if name.partition(".")[0] == self.package:
            raise ModuleNotFoundError(f"No module named {self.package!r}", name=self.package)


def test_an_unknown_segmenter_is_refused_with_the_known_ones():
    with pytest.raises(UserError) as caught:
        segmenter("mecab")
    assert str(caught.value) == (
        "no segmenter is called 'mecab'; choose one of: unicode, whitespace, jieba, fugashi, newmm"
    )
