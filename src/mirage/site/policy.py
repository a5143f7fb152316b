"""The Content-Security-Policy of the pages: nothing from outside, no evaluation, no inline script but the theme's."""

import base64
import hashlib
import re

RULES = (
    "default-src 'none'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'none'; base-uri 'none'; form-action 'self'"
)
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL | re.IGNORECASE)
ARTICLE = re.compile(r"<article\b.*?</article>", re.DOTALL | re.IGNORECASE)


def with_policy(page: str, name: str = "page") -> str:
    """A page of the theme with its policy as the first element of its head.

    The theme's own inline scripts are allowed by their hashes. Blocks of data (``application/json``) need none.

    Raises
    ------
    ValueError
        If the text of the page has a script of its own: text and data are never code.
    """
    for text in ARTICLE.findall(page):
        if found := _inline(text):
            raise ValueError(f"{name}: got an inline script in its text: {found[0][:60]!r}, expected data only")
    hashes = dict.fromkeys(f"'sha256-{_hash(script)}'" for script in _inline(page))
    rules = RULES.format(scripts=" ".join(hashes)).replace("  ", " ")
    before, head, after = page.partition("<head>")
    if not head:
        raise ValueError(f"{name}: got no <head>, expected a page of HTML")
    return f'{before}{head}\n<meta http-equiv="Content-Security-Policy" content="{rules}">{after}'


def _inline(page: str) -> list[str]:
    found = SCRIPT.findall(page)
    return [text for about, text in found if "src=" not in about and "application/json" not in about]


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
