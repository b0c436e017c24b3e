"""Rows of a hub dataset, streamed through `datasets`; only the network can make this fail.

A dataset is named `owner/name` or, with one of its configurations, `owner/name:config`. No code
that comes with a dataset is ever run: `datasets` reads its data files only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lingweave.errors import UserError, first_line

_HUB_NAME = re.compile(r"(?P<dataset>\w[\w.-]*/\w[\w.-]*)(:(?P<config>\w[\w.-]*))?")


@dataclass(frozen=True, slots=True)
class HubName:
    """A dataset on the hub, and which of its configurations (None: its only one)."""

    dataset: str
    config: str | None

    def __str__(self) -> str:
        return self.dataset if self.config is None else f"{self.dataset}:{self.config}"


@dataclass(frozen=True, slots=True)
class HubRows:
    """One split of a hub dataset; each iteration streams it anew.

    Args:
        name: the dataset.
        dataset: the streaming `datasets.IterableDataset`.
        error: the class of error for a connection that breaks.
    """

    name: HubName
    dataset: Any
    error: type[UserError]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        try:
            yield from self.dataset
        except OSError as error:
            raise _unreachable(self.name, self.error) from error

    def class_names(self, column: str) -> list[str] | None:
        """Return what the numbers of a label column mean, or None if it holds plain values.

        The column may hold one label in each row, or a list of them.
        """
        feature = (self.dataset.features or {}).get(column)
        return getattr(getattr(feature, "feature", feature), "names", None)


def parse_hub_name(text: str) -> HubName | None:
    """Read `owner/name` or `owner/name:config`; None if the text cannot be a dataset's name."""
    match = _HUB_NAME.fullmatch(text)
    return None if match is None else HubName(match["dataset"], match["config"])


def open_hub(name: HubName, *, split: str | None, error: type[UserError]) -> HubRows:
    """Find one split of a hub dataset and prepare to stream it.

    Args:
        name: the dataset.
        split: for example `train`; None is refused, lest one be tested on what was trained on.
        error: the class of error to raise.

    Returns:
        its rows.

    Raises:
        error: no split is given; or the hub cannot be reached, or has no such dataset,
            configuration or split.
    """
    if split is None:
        raise error(
            "no file has this name, and of a hub dataset the split must be said",
            remedy=f"check the path, or say which split: {name}@test; in a recipe `split: test`",
            path=str(name),
        )
    from datasets import load_dataset  # a second of imports, for the hub only
    from datasets.exceptions import DatasetNotFoundError, DatasetsError

    try:
        dataset = load_dataset(name.dataset, name.config, split=split, streaming=True)
    except DatasetNotFoundError as cause:
        raise error(
            "no file or folder has this name, nor a dataset on the hub",
            remedy="check the spelling; for a private dataset, log in with `hf auth login`",
            path=str(name),
        ) from cause
    except (DatasetsError, ValueError) as cause:  # no such configuration or split
        raise error(
            f"the hub dataset cannot be read ({first_line(cause)})",
            remedy="give one of its configurations as `owner/name:config`, and one of its splits",
            path=str(name),
        ) from cause
    except OSError as cause:
        raise _unreachable(name, error) from cause
    return HubRows(name, dataset, error)


def _unreachable(name: HubName, error: type[UserError]) -> UserError:
    return error(
        "no file or folder has this name, and the hub cannot be reached to look for a dataset",
        remedy="check the path, or connect to the internet and unset HF_HUB_OFFLINE",
        path=str(name),
    )
