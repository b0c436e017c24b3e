"""Recipes: what a study is made of, read from YAML and checked before any work.

In: a YAML file. Out: a `Recipe`, or an error with the line. A recipe names the encoder, the
parallel text, the systems to compare, the tasks, the settings and the seeds. Strings may hold
`${NAME}` or `${NAME:-default}`, taken from the environment, and `${twins}`, the folder of the
built-in twin languages when the recipe has a `twins` section. Relative paths start at the working
directory.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
