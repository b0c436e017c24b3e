"""Files that studies are made of."""

import pytest

from lingweave.corpus.twins import TwinOptions, write_twins
from study.twin_study import SIZES


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twins")
    write_twins(TwinOptions.model_validate(SIZES), folder)
    return folder
