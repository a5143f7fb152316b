"""Lessons as Jupyter notebooks: the text with its cells, then the lesson's own experiment with three seeds."""

import json
from collections.abc import Sequence

from mirage.report import lessons
from mirage.report.numbers import Numbers

SEEDS = 3  # three, of the experiment that ends a notebook
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
OWN = """\
## Three seeds of your own

The same experiment, trained here and now, with seeds that the verdicts above did not use:

```python
plan = mirage.plan({arguments}, seeds=range({seeds}))
results = mirage.run(plan)
table = results.table()
table[table["metric"].isin(plan.about.show) & ~table["arm"].str.contains(":")]
```

Its figure, then the lesson's figure over all of its seeds:

```python
results.figure()
```

```python
Image(lesson.picture)
```
"""


def notebook(lesson: str, numbers: Numbers, settings: Sequence[str] = ()) -> str:
    """A lesson as a notebook, as JSON: the same bytes for the same text.

    Parameters
    ----------
    settings
        Further settings of the experiment that ends it, such as ``results_dir=DIR``.

    Raises
    ------
    ModuleNotFoundError
        Where jupytext is not installed.
    """
    import jupytext
    import nbformat

    page = lessons.render(lesson, "notebook", numbers)
    given = page.source.notebook
    arguments = ", ".join(json.dumps(word) for word in (given["scenario"], *given["settings"], *settings))
    own = OWN.format(seeds=SEEDS, arguments=arguments)
    book = jupytext.reads(f"{page.text}\n{own}", fmt="md")
    book.metadata = nbformat.NotebookNode(kernelspec=KERNEL, language_info={"name": "python"})
    for place, cell in enumerate(book.cells):
        cell["id"] = f"cell-{place:02d}"  # jupytext draws them at random
        cell.metadata = nbformat.NotebookNode()
    return str(nbformat.writes(book, version=4)) + "\n"
