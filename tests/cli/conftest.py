"""What the tests of the command start from."""

import pytest

from cli.inputs import fill


@pytest.fixture
def data(tmp_path):
    return fill(tmp_path / "data")
