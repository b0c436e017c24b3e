"""Sections of a recipe on parallel text: where it is, and how its words are aligned."""

from pydantic import Field

from lingweave.alignment import AlignmentMethod, Symmetrization
from lingweave.config.sections import Strict
from lingweave.corpus import (
    Bitext,
    OnEmpty,
    Segmenter,
    open_bitext,
    segmenter,
    segmenter_name,
)


class BitextSource(Strict):
    """Parallel text; see `lingweave.corpus.open_bitext` for the kinds of location."""

    location: str | tuple[str, str] = Field(description="directory, file, two files or hub name")
    source_language: str | None = None
    target_language: str | None = None
    max_pairs: int | None = Field(default=None, ge=1, description="read so many pairs, the first")
    source_segmenter: str | None = Field(default=None, description="default: by the language")
    target_segmenter: str | None = Field(default=None, description="default: by the language")
    gold: str | None = Field(
        default=None, description="Pharaoh file with the true links of these very pairs, 0-based"
    )
    links: str | None = Field(
        default=None, description="Pharaoh file with links to use instead of aligning, 0-based"
    )

    def open(self, *, on_empty: OnEmpty = "refuse") -> Bitext:
        """The sentence pairs; see `open_bitext` for what is raised."""
        return open_bitext(
            self.location,
            source_language=self.source_language,
            target_language=self.target_language,
            on_empty=on_empty,
        )

    def segmenters(self, bitext: Bitext) -> tuple[Segmenter, Segmenter]:
        """What finds the words of source and target: as named here, or by the bitext's languages.

        Args:
            bitext: opened from here.
        """
        own, other = self.segmenter_names(bitext)
        return segmenter(own), segmenter(other)

    def segmenter_names(self, bitext: Bitext) -> tuple[str, str]:
        """What these are called."""
        own = self.source_segmenter or segmenter_name(bitext.source_language)
        return own, self.target_segmenter or segmenter_name(bitext.target_language)


class Alignment(Strict):
    """Word alignment by FastAlign with its published settings, or by HmmAlign."""

    method: AlignmentMethod = Field(
        default="fast-align", description="hmm-align: better links, in 2 to 2.5 times the time"
    )
    symmetrization: Symmetrization = Field(
        default="intersection", description="intersection: the most precise links"
    )
    lowercase: bool = Field(default=True, description="align lower-cased words")
