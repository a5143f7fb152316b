"""Builds the site: Markdown pages from tables, claims and lessons, Sphinx's HTML of them, and the policy in each page.

It is built anew each time, which takes seconds, beside the site that is there, and put in its place when it is whole.
Only charts, notebooks and composed scenarios are kept from one time to the next.
"""

import io
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup

from mirage import api
from mirage.claims.claims import TABLES, Test
from mirage.config import project, remembered
from mirage.config.plan import Plan
from mirage.making import CannotRun
from mirage.records.files import write_text
from mirage.report import course, notebooks
from mirage.report.ledger import NAMES
from mirage.report.lessons import Page, render
from mirage.report.numbers import Numbers
from mirage.site import doctor, drawing, index, ledger, policy

TO_TRY = "## Three things to try\n"  # whoever reads on the site may have no clone: said once, above the exercises
CLONE = "\nIn a clone of the project, once: `make .venv/ready`, then `source .venv/bin/activate`.\n"
FRAME = project.ROOT / "docs" / "site"  # Sphinx's configuration, templates, style, script, vendored files


def build(into: Path, recorded: Callable[[Plan], Plan] = drawing.recorded, notice: str = "") -> Path:
    """Build the site of all lessons; returns its first page.

    Parameters
    ----------
    into
        The results folder that gets ``site`` and ``site-source``. Texts and ledger are made from the committed tables
        in any case.
    recorded
        Makes of the plan of a scenario's file the one whose records the charts show, by default those of its
        canonical seeds.
    notice
        A line to be shown on top of every page.

    Raises
    ------
    CannotRun
        One line: if charts lack records, or Sphinx has something to complain about.
    ConfigError
        If the course plan, a lesson or its claims cannot be read.
    """
    source, site, aside = into / "site-source", into / "site", into / ".site"
    used: set[Path] = set()
    numbers = Numbers(project.RESULTS / "tables", remembered.loader(source / "scenarios"))
    taught = course.read()
    chart = drawing.drawer(lambda scenario: recorded(numbers.plan(scenario)), source / "charts", used)
    pages = [render(name, "site", numbers, chart) for name in taught.order]
    write_sources(source / "pages", pages, taught, numbers)
    for folder in (aside, aside.with_name(".site-before")):
        shutil.rmtree(folder, ignore_errors=True)
    run_sphinx(source / "pages", aside, {"html_theme_options.announcement": notice} if notice else {})
    for file in (file for file in sorted(aside.rglob("*.html")) if "_static" not in file.parts):
        name = file.relative_to(aside).as_posix()
        file.write_text(policy.with_policy(file.read_text(encoding="utf-8"), name), encoding="utf-8")
    _replace(site, aside)
    for file in (source / "charts").glob("*.html"):
        if file not in used:
            file.unlink()
    return site / "index.html"


def write_sources(folder: Path, pages: Sequence[Page], taught: course.Course, numbers: Numbers) -> None:
    """Write what Sphinx makes the site from into a folder: Markdown, and the files that it shows or links.

    They lie as they do in ``results``.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("figures", "tables", "notebooks", "lessons"):
        (folder / name).mkdir(parents=True)
    for file in [*project.RESULTS.glob("figures/*.png"), *(numbers.tables / name for name in TABLES.values())]:
        shutil.copyfile(file, folder / file.parent.name / file.name)
    sources = {page.source.lesson: page.source for page in pages}
    claims = {lesson: {claim.id: claim.tests for claim in api.claims_of(lesson)} for lesson in sources}

    def test_of(lesson: str, claim: str, kind: str) -> Test | None:
        return claims.get(lesson, {}).get(claim, {}).get(kind)

    shown = {
        "index": index.index(pages, numbers.tables),
        "course": {"plans": taught.plans, "lessons": sources},
        "ledger": {"rows": ledger.rows(numbers.tables, test_of), "most": f"{ledger.MOST:g}"},
    }
    for name, values in shown.items():
        write_text(folder / f"{name}.md", filled(name, values))
    for name, text in doctor.pages(folder).items():
        write_text(folder / f"{name}.md", text)
    for lesson, page in zip(sources, pages, strict=True):
        notebook = notebooks.kept(lesson, numbers, folder.with_name("notebooks"))
        write_text(folder / "notebooks" / f"{lesson}.ipynb", notebook)
        text = page.text.replace(TO_TRY, TO_TRY + CLONE, 1)
        write_text(folder / "lessons" / f"{lesson}.md", f"{text}\n## Downloads\n\n{_downloads(lesson, folder)}")


def filled(name: str, values: Mapping[str, object]) -> str:
    """A page of the frame, ``docs/site/pages/NAME.md.j2``, filled with these values.

    Values are escaped, and their line ends become spaces: no value ends the block of HTML that it stands in.
    """
    frame = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FRAME / "pages", encoding="utf-8"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: value if isinstance(value, Markup) else " ".join(str(value).split()),
        keep_trailing_newline=True,
    )
    return frame.get_template(f"{name}.md.j2").render(values)


def run_sphinx(source: Path, out: Path, overrides: Mapping[str, str]) -> None:
    """Have Sphinx make HTML of a folder of Markdown.

    Raises CannotRun, one line, for the first thing that it warns of.
    """
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    warnings = io.StringIO()
    with patch_docutils(FRAME), docutils_namespace():
        app = Sphinx(
            source, FRAME, out, out.with_name(".site-doctrees"), "html", dict(overrides), status=None, warning=warnings
        )
        app.build()
    shutil.rmtree(out.with_name(".site-doctrees"))
    if lines := re.sub(r"\x1b\[[\d;]*m", "", warnings.getvalue()).splitlines():
        raise CannotRun(f"site: Sphinx: {lines[0]}")


def _downloads(lesson: str, folder: Path) -> str:
    """The list of a lesson's files to download; its scenarios' tables are put into the folder of sources."""
    files = {"notebook": f"notebooks/{lesson}.ipynb", "figure": f"figures/{lesson}.png"}
    for kind, scenario in api.stated(lesson).scenarios.items():
        table = f"tables/{scenario}.csv"
        shutil.copyfile(project.RESULTS / table, folder / table)
        files[f"numbers, {NAMES[kind]}"] = table
    return "".join(f"- [{label}](../{name})\n" for label, name in files.items())


def _replace(site: Path, aside: Path) -> None:
    """Put a folder in the place of another."""
    before = site.with_name(".site-before")
    if site.exists():
        site.rename(before)
    aside.rename(site)
    shutil.rmtree(before, ignore_errors=True)
