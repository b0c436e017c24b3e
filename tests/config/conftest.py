"""Recipes as files, and what a wrong one is told."""

import pytest

from config.recipe_text import RECIPE
from lingweave.config import load_recipe
from lingweave.errors import RecipeError


@pytest.fixture
def recipe_file(tmp_path):
    def write(text):
        path = tmp_path / "recipe.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def refusal(recipe_file):
    """Replace a piece of the recipe, and say what is told, without the path in front."""

    def refuse(old, new, recipe=RECIPE):
        assert recipe.count(old) == 1
        path = recipe_file(recipe.replace(old, new))
        with pytest.raises(RecipeError) as caught:
            load_recipe(path)
        message = str(caught.value)
        assert message.startswith(f"{path}:")
        assert "\n" not in message
        return message.removeprefix(f"{path}:")

    return refuse
