"""The words of sentences as text."""

from lingweave.corpus import words_in


def test_words_are_cut_out_of_the_untouched_sentence():
    assert words_in("Das  Haus, alt", [(0, 3), (5, 9), (9, 10), (11, 14)]) == [
        *("Das", "Haus"),
        *(",", "alt"),
    ]


def test_lower_case_moves_no_offset():
    """A lower-cased İ is two characters."""
    sentence, spans = "İzmir İL Straße", [(0, 5), (6, 8), (9, 15)]
    assert len(sentence.lower()) == len(sentence) + 2
    lowered = words_in(sentence, spans, lowercase=True)
    assert lowered == ["i̇zmir", "i̇l", "straße"]
