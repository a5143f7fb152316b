"""How Sphinx makes pages of the Markdown that `mirage.site.build` writes; nothing is executed.

The pages open from `file://`, offline, under a policy that forbids outside requests (`mirage.site.policy`).
"""

from typing import Any

project = "Accuracy Mirage"
extensions = ["myst_parser", "sphinx_copybutton"]
myst_enable_extensions: list[str] = []  # no formulas: MathJax would be fetched from elsewhere
myst_heading_anchors = 3
copybutton_prompt_text = "$ "  # copies commands without the prompt

templates_path = ["_templates"]
html_static_path = ["_static", "vendor"]
html_css_files = ["mirage.css"]
html_title = project
html_theme = "pydata_sphinx_theme"
html_permalinks = (
    False  # a link beside each heading would come before what the page is for; the list of headings has them
)
html_context = {"default_mode": "auto"}
html_show_search_summary = False  # summaries are fetched, which `file://` and the policy forbid
html_show_sourcelink = html_copy_source = html_show_sphinx = html_use_index = False
html_sidebars = {"ledger": [], "**": ["pages.html"]}  # the ledger needs the width
html_theme_options = {
    "navbar_center": [],
    "navbar_persistent": [],
    "navbar_end": ["search-field", "theme-switcher"],
    "article_header_start": [],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": [],
    "footer_end": [],
    "search_bar_text": "Search the lessons",
}

# What a page needs, by what stands in it: the others load faster without.
CHARTS = ("vega.min.js", "vega-lite.min.js", "vega-embed.min.js")
TABLES = ("dataTables.min.js", "dataTables.columnControl.min.js")
COPYING = ("clipboard.min.js", "copybutton.js")  # not beside tables: takes DataTables' clicks for its own, and fails
TABLES_CSS = ("dataTables.dataTables.min.css", "columnControl.dataTables.min.css")


def _files(app: Any, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    body = context.get("body", "")
    charts, tables = 'class="vega"' in body, 'class="search' in body
    if 'class="highlight' not in body:
        names = tuple(f"_static/{file}" for file in COPYING)
        scripts = context["script_files"]  # changed in place: it is the list that add_js_file adds to
        scripts[:] = [file for file in scripts if not str(file.filename).endswith(names)]
    for file in CHARTS * charts + TABLES * tables + ("mirage.js",) * (charts or tables):
        app.add_js_file(file, loading_method="defer")
    for file in TABLES_CSS * tables:
        app.add_css_file(file, priority=400)  # before our own, which mends it


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("html-page-context", _files)
