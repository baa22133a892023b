"""Draws a command's output as a picture for the README: plain SVG text, the same bytes for the same words.

uv run offercast demo -q | uv run python docs/make_picture.py "offercast demo" > docs/demo.svg
"""

import sys
from xml.sax.saxutils import escape

WIDE, HIGH, PAD = 7.8, 17, 18


def picture(command: str, text: str) -> str:
    lines = [f"$ {command}", "", *text.rstrip().splitlines()]
    width = max(map(len, lines)) * WIDE + 2 * PAD
    height = len(lines) * HIGH + 2 * PAD
    drawn = []
    for number, line in enumerate(lines):
        heading = line[:1].isupper() and line.split("  ")[0].split(",")[0].isupper()
        style = ' font-weight="bold" fill="#1f4e79"' if heading or number == 0 else ""
        y = PAD + (number + 0.8) * HIGH
        drawn.append(f'<text x="{PAD}" y="{y:.1f}"{style} xml:space="preserve">{escape(line)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="What {escape(command)} prints">\n'
        '<rect width="100%" height="100%" rx="8" fill="#fbfaf7" stroke="#d9d4c7"/>\n'
        '<g font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="13" fill="#222">\n'
        + "\n".join(drawn)
        + "\n</g>\n</svg>\n"
    )


if __name__ == "__main__":
    sys.stdout.write(picture(sys.argv[1], sys.stdin.read()))
