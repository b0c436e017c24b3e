"""The pages of studies and probes, as text: what they say, and what they must never do."""

import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest
import yaml

from lingweave.report import markdown_report
from lingweave.report.dot_plots import shown_name
from lingweave.report.line_plots import NUM_STYLES
from lingweave.report.page import is_number, render
from lingweave.report.probe_page import probe_page
from lingweave.report.scripts import direction, language_tag
from lingweave.report.study_page import study_page
from made_recipe import make_recipe
from made_results import (
    HOSTILE,
    LANGUAGES,
    make_probe_results,
    make_results,
    make_samples,
    make_score,
)

TEMPLATES = files("lingweave.report") / "templates"
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Tree(HTMLParser):
    """Elements as (name, attributes, text of it and all within), in the order of their starts."""

    def __init__(self, html):
        super().__init__()
        self.elements = []
        self._open = []
        self.feed(html)
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag, attrs):
        element = [tag, dict(attrs), ""]
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.elements.append([tag, dict(attrs), ""])

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag

    def handle_data(self, data):
        for element in self._open:
            element[2] += data

    def all(self, name, **wanted):
        return [
            element
            for element in self.elements
            if element[0] == name
            and all(element[1].get(key.rstrip("_")) == value for key, value in wanted.items())
        ]

    def texts(self, name, **wanted):
        return [" ".join(text.split()) for _, _, text in self.all(name, **wanted)]


def page_of(results):
    return render(study_page(results))


def sections(html):
    return Tree(html).texts("h2")


def test_a_study_with_everything_has_every_section_in_order():
    assert sections(page_of(make_results())) == [
        "In short",
        "Claims",
        "Scores by language",
        "Against mlm",
        "Gap to the source language",
        "Gap by length of the input",
        "What an option does",
        "Further metrics",
        "Systems and their training",
        "Words and their links",
        "Finding translations",
        "What it cost",
        "Run it again",
    ]


def test_sections_without_data_are_left_out():
    results = make_results()
    one = [
        score
        for score in results.scores
        if (score.system, score.setting, score.language) == ("mlm", "zero-shot", "de")
    ]
    measure = results.measures["xnli"]
    bare = results.model_copy(
        update={
            "claims": [],
            "scores": [one[0].model_copy(update={"over_control": None})],
            "measures": {"xnli": measure.model_copy(update={"metrics": {"accuracy": "accuracy"}})},
            "samples": [],
            "retrieval": [],
            "lengths": [],
            "switched": [],
            "alignments": [],
            "systems": {"mlm": {"options": {"objective": "mlm"}, "runs": []}},
            "stages": [],
            "made_by": {},
        }
    )
    html = page_of(bare)
    assert sections(html) == [
        "In short",
        "Scores by language",
        "Systems and their training",
        "Run it again",
    ]
    assert not Tree(html).all("figure")


@pytest.mark.parametrize(
    "html", [page_of(make_results()), render(probe_page(make_probe_results()))]
)
def test_the_page_stands_by_itself(html):
    tree = Tree(html)
    assert not {"script", "iframe", "object", "form"} & {name for name, _, _ in tree.elements}
    for name, attributes, _ in tree.elements:
        for key in ("src", "href", "action"):
            target = attributes.get(key)
            assert target is None or target.startswith(("#", "data:")), (name, target)
    assert "url(" not in html
    assert "@import" not in html
    policies = [
        attributes["content"]
        for _, attributes, _ in tree.all("meta")
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    ids = [attributes["id"] for _, attributes, _ in tree.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    links = [attributes["href"][1:] for _, attributes, _ in tree.all("a")]
    assert set(links) <= set(ids)


def test_whatever_comes_from_data_is_shown_as_it_is_and_does_nothing():
    results = make_results()
    sample = make_samples()[0].model_copy(
        update={"source_words": [HOSTILE, "b", "c"], "source_language": HOSTILE}
    )
    claim = results.claims[0].model_copy(update={"text": HOSTILE, "reason": HOSTILE})
    changed = results.model_copy(
        update={
            "study": HOSTILE,
            "question": HOSTILE,
            "claims": [claim],
            "samples": [sample],
            "recipe": make_recipe(question=HOSTILE),
            "made_by": {"command": HOSTILE, "commit": HOSTILE, "machine": HOSTILE},
            "scores": [
                score.model_copy(
                    update={"language": HOSTILE if score.language == "de" else score.language}
                )
                for score in results.scores
            ],
        }
    )
    html = page_of(changed)
    tree = Tree(html)
    assert not tree.all("script")
    assert not tree.all("img")
    assert tree.all("h1")[0][2] == f"Study {HOSTILE}"
    assert HOSTILE in tree.all("p", class_="lead")[0][2]
    assert HOSTILE in tree.texts("p", class_="claim")[0]
    # once in the body of each table of scores, differences and further metrics
    assert len([text for text in tree.texts("th") if text == HOSTILE]) >= 6
    assert [code for code in tree.texts("code") if code == HOSTILE]


def test_the_recipe_can_be_read_back_and_the_command_copied():
    results = make_results()
    command, recipe = (text for _, _, text in Tree(page_of(results)).all("code"))
    assert command == "lingweave run everything.yaml"
    assert yaml.safe_load(recipe) == results.recipe.as_written


def test_every_score_is_in_a_table_and_in_the_words_of_a_picture():
    results = make_results()
    tree = Tree(page_of(results))
    pictures = " ".join(
        attributes["aria-label"] for _, attributes, _ in tree.all("svg", role="img")
    )
    captions = tree.texts("caption")
    for setting in ("zero-shot", "translate-train"):
        assert f"xnli, {setting}: accuracy in %" in captions
    for language in LANGUAGES[1:]:
        assert f"{language}: untouched 62.0; mlm 60.0; tlm 62.0" in pictures
        assert f"{language}: untouched 67.0; mlm 65.0; tlm 67.0" in pictures
    assert "en*: untouched 72.0; mlm 70.0" in pictures
    assert "xnli, zero-shot: untouched +2.0; tlm +2.0" in pictures


def test_every_table_has_a_caption_and_scopes_and_every_picture_words():
    for html in (page_of(make_results()), render(probe_page(make_probe_results()))):
        tree = Tree(html)
        assert len(tree.all("caption")) == len(tree.all("table")) > 0
        assert all(attributes["scope"] in ("col", "row") for _, attributes, _ in tree.all("th"))
        drawn = [
            attributes for _, attributes, _ in tree.all("svg") if "aria-hidden" not in attributes
        ]
        outer = [attributes for attributes in drawn if attributes.get("role") == "img"]
        assert outer
        assert all(len(attributes["aria-label"]) > 10 for attributes in outer)
        levels = [int(name[1]) for name, _, _ in tree.elements if re.fullmatch("h[1-6]", name)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


def test_claims_show_verdict_reason_and_figures():
    tree = Tree(page_of(make_results()))
    verdicts = [text.split(" ", 1)[1] for text in tree.texts("p", class_="verdict")]
    assert verdicts == ["supported", "contradicted", "inconclusive", "not tested"]
    assert tree.texts("details")[0].startswith("Not tested: 1 – not tested D Missing.")
    assert tree.texts("p", class_="figures")[1] == "tlm-helps, task xnli, claimed in a paper"
    assert tree.texts("p", class_="figures")[0] == (
        "difference +2.0 points; 95 % interval [+1.0, +3.0]; p = 0.004; p = 0.012 after Holm's "
        "correction; 3 seeds; tlm against mlm"
    )


def test_retrieval_is_drawn_by_layer_and_the_last_one_told_in_a_table():
    """de-en: 80 and 90 % by seed, ar-en 30 %; in the first layer 20 and 0 %."""
    results = make_results()
    tree = Tree(page_of(results))
    assert "Sentences found by their translations, last layer, in %" in tree.texts("caption")
    (picture,) = (
        attributes["aria-label"]
        for _, attributes, _ in tree.all("svg", role="img")
        if attributes["aria-label"].startswith("retrieval of sentences")
    )
    assert "untouched from 10 to 57.5; mlm from 10 to 57.5" in picture
    assert "| untouched | 85.0 | 30.0 | 57.5 |" in markdown_report(results)


def test_samples_carry_language_and_direction():
    tree = Tree(page_of(make_results()))
    heads = {
        attributes["lang"]: attributes["dir"]
        for _, attributes, _ in tree.all("th", scope="col")
        if "lang" in attributes
    }
    assert heads == {"ar": "rtl", "ur": "rtl", "zh": "ltr", "th": "ltr", "hi": "ltr"}
    marks = [
        (attributes["lang"], attributes["dir"], text) for _, attributes, text in tree.all("mark")
    ]
    assert marks[0] == ("ar", "rtl", "القط")
    assert tree.texts("p", class_="switched")[0] == "black القط for cats sleep"


def test_the_matrix_has_its_links_where_they_are():
    html = page_of(make_results(samples=make_samples()[:1]))
    matrix = re.search(r'<table class="matrix">.*?</table>', html, re.DOTALL)[0]
    rows = matrix.split("<tr>")[2:]
    links = [
        (number, place)
        for number, row in enumerate(rows)
        for place, cell in enumerate(re.findall(r"<td[^>]*>", row))
        if "linked" in cell
    ]
    assert links == make_samples()[0].links


def test_twins_are_named_as_made_up():
    assert "made up for the purpose" not in page_of(make_results())
    assert "made up for the purpose" in page_of(
        make_results(recipe=make_recipe(twins={"num_text": 60}))
    )


def test_gaps_are_those_worked_by_hand():
    # mlm: 70 % in English, 60 % in the others, 65 % after translate-train
    tree = Tree(page_of(make_results()))
    captions = [caption for caption in tree.texts("caption") if "gaps in points" in caption]
    assert captions == ["xnli, zero-shot: gaps in points"]
    gaps = next(text for text in tree.texts("table") if text.startswith(captions[0]))
    assert "behind en behind translate-train" in gaps
    assert "mlm 70.0 60.0 10.0 5.0 " in gaps


def test_the_control_is_in_the_legend_where_it_is_in_the_picture():
    def legends(names):
        scores = [make_score(name, "zero-shot", "de", 0.5) for name in names]
        changed = [score.model_copy(update={"over_control": None}) for score in scores]
        return page_of(make_results(scores=changed)).count("mlm, the control")

    assert legends(["mlm", "tlm"]) == 1
    assert legends(["untouched", "tlm"]) == 0
    assert legends(["mlm"]) == 0


def test_one_system_has_languages_in_rows():
    scores = [make_score("mlm", "zero-shot", language, 0.5) for language in ("en", "de")]
    html = page_of(make_results(scores=scores, systems={"mlm": {"options": {}, "runs": []}}))
    labels = [attributes["aria-label"] for _, attributes, _ in Tree(html).all("svg", role="img")]
    assert labels[0] == "mlm: en* 50.0; de 50.0"


def test_the_gap_by_length_is_worked_by_hand():
    # English 80 and 70 %; the others 70 and 50 %, and 60 and 40 %; one language has one bucket
    tree = Tree(page_of(make_results()))
    labels = [attributes["aria-label"] for _, attributes, _ in tree.all("svg", role="img")]
    assert "mlm: shortest −15.0; longest −25.0" in labels
    assert "Gap by length" not in page_of(make_results(lengths=[]))


def test_the_time_is_summed_by_kind_of_work():
    text = " ".join(Tree(page_of(make_results())).texts("section", id="cost"))
    assert "Machine: a machine; another machine." in text
    assert "continued pre-training 1 2 h 0 min 98" in text
    assert "fine-tuning 1 1 min 23 s 1" in text
    assert "all 3 2 h 1 min 100" in text
    assert "Energy was not measured" in text


def test_a_probe_has_curves_before_and_after():
    tree = Tree(render(probe_page(make_probe_results())))
    labels = [attributes["aria-label"] for _, attributes, _ in tree.all("svg", role="img")]
    assert labels == [
        "retrieval of sentences: before from 15 to 25; after from 15 to 25",
        "retrieval of words: before from 15 to 25; after from 15 to 25",
        "en-fr, gold links: before from 50 to 30; after from 50 to 30",
        "vectors of words: before from 0.1 to 0.6; after from 0.1 to 0.6",
    ]
    assert tree.texts("h2")[2:4] == ["All figures of before", "All figures of after"]


@pytest.mark.parametrize(
    ("name", "tag"),
    [("en", "en"), ("zh-Hant", "zh"), ("ta-en", "ta"), ("base", ""), ("miro", ""), (None, "")],
)
def test_only_codes_are_language_tags(name, tag):
    assert language_tag(name) == tag


@pytest.mark.parametrize(
    ("text", "expected"),
    [("cat", "ltr"), ("קט", "rtl"), ("12 قط", "rtl"), ("...", "ltr"), ("แมว", "ltr")],
)
def test_the_direction_is_that_of_the_first_letter(text, expected):
    assert direction(text) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("58.2", True),
        ("+1.2 [−0.4, +2.7]", True),
        ("−1.2 [−2.7, +0.4]", True),
        ("(−1.2 [−2.7, +0.4])", True),
        ("1.5 / −2.5", True),
        ("(-1.4)", True),
        ("256 / 256", True),
        ("10,000", True),
        ("–", True),
        ("not known", False),
        ("2 min 40 s", False),
        ("en–de", False),
    ],
)
def test_numbers_are_told_from_text(cell, expected):
    assert is_number(cell) is expected


def test_names_that_begin_alike_stay_apart_where_they_are_cut():
    names = [f"weam-with-word-exchange-{ending}" for ending in ("apart", "together")]
    assert [shown_name(name) for name in names] == ["weam-with-…nge-apart", "weam-with-…-together"]
    assert shown_name("twenty-letters-fit-i") == "twenty-letters-fit-i"


def test_no_two_styles_of_curves_look_alike():
    """By dashes alone, for those who do not tell the colours apart."""
    css = (TEMPLATES / "style.css").read_text("utf-8")
    rules = dict(re.findall(r"svg \.style-(\d) \{ stroke: [^;]*;([^}]*)\}", css))
    assert [*map(int, rules)] == [*range(NUM_STYLES)]
    assert len(set(rules.values())) == NUM_STYLES
