import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from lingweave.errors import TextFileError
from lingweave.report.dot_plots import shown_name
from made_results import make_probe_results
from made_studies import make_claim, make_study, unbroken
from markdown_tables import claims_table, escaped, study_tables
from summary import BEGIN, END, summary, with_section
from verdicts import claim_rows

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "a|b *c* _d_ `e` <b>f</b> [g](h) ~~i~~ &amp; $j$"


@pytest.mark.parametrize("name", ["README.md", "docs/results.md", "docs/images/transfer.svg"])
def test_readme_and_docs_are_what_the_studies_make_of_them(name):
    made = summary(ROOT)[name]
    assert (ROOT / name).read_text(encoding="utf-8") == made, "run `make results`"


@pytest.fixture
def repository(tmp_path):
    """A repository with a hostile study, a probe, and a README."""
    claims = [
        make_claim("Q", "supported", 0.012, low=0.004, high=0.02, task=HOSTILE, num_seeds=3),
        make_claim("C1", "not tested"),
        make_claim("C10", "not tested", reason=HOSTILE),
    ]
    gains = {HOSTILE: (0.02, 0.01, 0.03)}
    study = make_study("made", claims, objectives=("mlm", HOSTILE), differences=gains)
    results = study.results.model_copy(update={"question": HOSTILE})
    # Without predictions, claims that were judged before stay as they are.
    for folder, written in (("made", results), ("probed", make_probe_results())):
        (tmp_path / "studies" / folder).mkdir(parents=True)
        (tmp_path / "studies" / folder / "results.json").write_text(written.model_dump_json())
    (tmp_path / "README.md").write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    return tmp_path


def cells(markdown):
    """The tables as a reader of Markdown sees them: the text of each cell, row by row."""
    rows = []
    for token in MarkdownIt().enable(["table", "strikethrough"]).parse(markdown):
        if token.type == "tr_open":
            rows.append([])
        if token.type == "inline" and token.level > 3:
            rows[-1].append("".join(child.content for child in token.children))
    return rows


def test_no_text_of_a_study_is_taken_for_markup(repository):
    made = summary(repository)
    rows = cells(made["README.md"])
    assert {len(row) for row in rows} == {3}
    (setting,) = (row for row in rows if row[0].startswith("C10 "))
    assert setting[1].startswith(HOSTILE)
    assert HOSTILE in [row[0] for row in cells(made["docs/results.md"])]
    picture = ElementTree.fromstring(made["docs/images/transfer.svg"])
    assert HOSTILE in picture.get("aria-label")
    assert shown_name(HOSTILE) in [text.text for text in picture.iter(f"{SVG}text")]


def test_what_stands_around_the_section_stays_and_the_old_section_goes(repository):
    made = summary(repository)["README.md"]
    assert made.startswith(f"before\n{BEGIN}\n")
    assert made.endswith(f"\n{END}\nafter\n")
    assert "old" not in made
    (repository / "README.md").write_text(made, encoding="utf-8")
    assert summary(repository)["README.md"] == made


def test_results_show_every_study_and_probe_with_its_scores(repository):
    made = summary(repository)["docs/results.md"]
    assert made.index("## made") < made.index("## probed")
    assert "| mlm | 60.0 | 60.0 | 60.0 |" in made
    assert f"60.0, {unbroken('+2.0 [+1.0, +3.0]')}" in made
    assert "| FastAlign |" in made


@pytest.mark.parametrize("text", ["", BEGIN, f"{END}{BEGIN}", f"{BEGIN}{END}{BEGIN}{END}"])
def test_a_readme_without_one_place_for_the_section_is_refused(tmp_path, text):
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    with pytest.raises(TextFileError, match="there is no place for what was found; write <!--"):
        with_section(tmp_path / "README.md", "new")


def test_a_cell_names_tasks_where_there_are_several_and_the_seeds_and_the_study():
    claims = [
        make_claim("C1", "supported", 0.02, low=0.01, high=0.03, num_seeds=3),
        make_claim("C1", "inconclusive", -0.01, task="mlqa", num_seeds=3),
        make_claim("C3", "contradicted", -0.02, num_seeds=1),
        make_claim("C5", "not tested"),
        make_claim("C12", "not tested", reason="setting adopted"),
    ]
    rows = claim_rows([make_study("xnli_1", claims)])
    table = {row[0].split()[0]: row[1:] for row in claims_table(rows).rows}
    link = r"[xnli\_1](studies/xnli_1/report.md)"
    gain = unbroken("+2.0 [+1.0, +3.0]")
    assert table["**C1**"] == [
        f"xnli: **supported** {gain}<br>mlqa: inconclusive −1.0<br>3 seeds, {link}",
        "not run yet",
    ]
    assert table["**C3**"][0] == f"**contradicted** −2.0<br>1 seed, {link}"
    assert table["**C5**"][0] == "not tested"
    assert table["**C12**"][0] == f"setting adopted ({link})"


def test_intervals_stay_readable_where_no_link_could_begin():
    interval = "−1.4 [−2.8, +0.1]"
    assert escaped(interval) == interval
    assert escaped("two\nlines") == "two lines"


def test_a_study_of_one_system_has_no_table_of_gains():
    tables = study_tables(make_study("a", objectives=("mlm",)).results)
    assert not any("points over" in table.title for table in tables)
