"""Pieces of HTML, every text escaped; and the style sheet of the page."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --soft: #5a5a5a; --line: #d8d8d8; --paper: #ffffff;
  --box: #f5f5f5; --mark: #fff3c4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececec; --soft: #b0b0b0; --line: #444444; --paper: #161616; --box: #232323;
    --mark: #4a3f10; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif;
  -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0.5rem 0; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 0.5rem; }
p, dd, h1, h2, figcaption { overflow-wrap: anywhere; }
.lead { font-size: 1.1rem; }
.note, figcaption, caption { color: var(--soft); font-size: 0.9rem; }
figure { margin: 1rem 0; }
figcaption { margin-top: 0.4rem; }
figure img { display: block; width: 100%; max-width: 34rem; height: auto; padding: 0.5rem;
  background: #ffffff; border: 1px solid var(--line); border-radius: 0.5rem; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 0.5rem; margin: 0.75rem 0; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: 0.5rem 0.7rem; }
th, td { padding: 0.4rem 0.7rem; text-align: left; border-top: 1px solid var(--line); white-space: nowrap; }
thead th { background: var(--box); white-space: normal; vertical-align: bottom; }
tr.marked td { background: var(--mark); }
dl { margin: 0.75rem 0; }
dt { color: var(--soft); font-size: 0.9rem; }
dd { margin: 0 0 0.6rem; }
@media (min-width: 40rem) { dl { display: grid; grid-template-columns: minmax(10rem, 2fr) 5fr; } }
code, pre { font-family: ui-monospace, monospace; font-size: 0.85rem; }
pre { background: var(--box); border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.7rem;
  overflow-x: auto; }
"""


def document(title: str, lead: str, body: str) -> str:
    """Return a whole page under its title and lead; its policy forbids every request to elsewhere."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" \
content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<header>
<h1>{escape(title)}</h1>
{paragraph(lead, "lead")}
</header>
{body}
</main>
</body>
</html>
"""


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph, of a class if one is given."""
    return f"<p{_class(kind)}>{escape(text)}</p>"


def section(heading: str, *parts: str) -> str:
    """Return a section of parts that are HTML already."""
    return "\n".join(["<section>", f"<h2>{escape(heading)}</h2>", *parts, "</section>"])


def picture(png: bytes, alternative: str, caption: str) -> str:
    """Return a figure with its bytes inside."""
    source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return (
        f'<figure>\n<img src="{source}" alt="{escape(alternative)}">\n'
        f"<figcaption>{escape(caption)}</figcaption>\n</figure>"
    )


def table(
    caption: str, header: Sequence[str], rows: Iterable[Sequence[str]], *, marked: Sequence[int] = ()
) -> str:
    """Return a table in a box of its own that scrolls sideways; ``marked`` rows stand out."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = [
        f"<tr{_class('marked' if place in marked else '')}>{''.join(map(_cell, row))}</tr>"
        for place, row in enumerate(rows)
    ]
    return "\n".join(
        [
            f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}">',
            f"<table>\n<caption>{escape(caption)}</caption>",
            f"<thead><tr>{head}</tr></thead>",
            "<tbody>",
            *body,
            "</tbody>\n</table>\n</div>",
        ]
    )


def definitions(pairs: Mapping[str, str]) -> str:
    """Return names and what they stand for."""
    lines = [f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in pairs.items()]
    return "\n".join(["<dl>", *lines, "</dl>"])


def verbatim(text: str) -> str:
    """Return text to copy as it is."""
    return f'<pre tabindex="0"><code>{escape(text)}</code></pre>'


def _cell(text: str) -> str:
    """Return a table cell."""
    return f"<td>{escape(text)}</td>"


def _class(kind: str) -> str:
    return f' class="{escape(kind)}"' if kind else ""
