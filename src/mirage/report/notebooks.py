"""Lessons as Jupyter notebooks: the text with its cells, then the lesson's own experiment with three seeds."""

import hashlib
import importlib.metadata
import json
from collections.abc import Sequence
from pathlib import Path

from mirage.records.files import write_text
from mirage.report import lessons
from mirage.report.numbers import Numbers

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
OWN = """\
## Three seeds of your own

The same experiment, trained here and now, with seeds that the verdicts above did not use:

```python
plan = mirage.plan({arguments}, seeds=range(3))
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
    return of_text(text(lesson, numbers, settings))


def kept(lesson: str, numbers: Numbers, folder: Path) -> str:
    """The same, from a folder that keeps each lesson's notebook under a hash of its text: making one is slow."""
    written = text(lesson, numbers)
    versions = [importlib.metadata.version(name) for name in ("jupytext", "nbformat")]
    follows = [written, *versions, Path(__file__).read_text(encoding="utf-8")]
    file = folder / f"{lesson}-{hashlib.sha256(repr(follows).encode()).hexdigest()}.ipynb"
    if not file.is_file():
        for before in folder.glob(f"{lesson}-{'?' * 64}.ipynb"):
            before.unlink()
        write_text(file, of_text(written))
    return file.read_text(encoding="utf-8")


def text(lesson: str, numbers: Numbers, settings: Sequence[str] = ()) -> str:
    """The Markdown that a lesson's notebook is made of; see `notebook`."""
    page = lessons.render(lesson, "notebook", numbers)
    given = page.source.notebook
    arguments = ", ".join(json.dumps(word) for word in (given["scenario"], *given["settings"], *settings))
    return f"{page.text}\n{OWN.format(arguments=arguments)}"


def of_text(text: str) -> str:
    """Markdown as a notebook, as JSON; see `notebook`."""
    import jupytext
    import nbformat

    book = jupytext.reads(text, fmt="md")
    book.metadata = nbformat.NotebookNode(kernelspec=KERNEL, language_info={"name": "python"})
    for place, cell in enumerate(book.cells):
        cell["id"] = f"cell-{place:02d}"  # jupytext draws them at random
        cell.metadata = nbformat.NotebookNode()
    return str(nbformat.writes(book, version=4)) + "\n"
