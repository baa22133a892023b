"""Draws what a command shows in a terminal as a picture for the README: plain SVG text, the same bytes every time.

uv run python docs/make_picture.py demo -q > docs/demo.svg
"""

import os
import pty
import re
import subprocess
import sys
from xml.sax.saxutils import escape

COLUMNS = 100
WIDE, HIGH, PAD = 7.8, 17, 18
STYLES = {"1": 'font-weight="bold" fill="#1f4e79"', "34": 'fill="#2f6fab"', "33": 'fill="#c98a1b"', "90": 'fill="#777"'}


def shown(arguments: list[str]) -> str:
    """What a terminal of that width gets, with its styles."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen([sys.executable, "-m", "offercast", *arguments], stdout=theirs, env=environment):
        os.close(theirs)
        seen = b""
        try:
            while part := os.read(ours, 65536):
                seen += part
        except OSError:  # the other end is closed
            pass
    return seen.decode().replace("\r\n", "\n")


def marked(line: str) -> str:
    """A line with its styles as SVG has them; charts get a colour of their own."""
    told = []
    for style, text in re.findall(r"(?:\x1b\[(\d+)m)?([^\x1b]+)(?:\x1b\[0m)?", line):
        if style:
            told.append(f"<tspan {STYLES[style]}>{escape(text)}</tspan>")
        else:
            told.append(re.sub(r"[▁▂▃▄▅▆▇█▏▎▍▌▋▊▉━●]+", rf"<tspan {STYLES['34']}>\g<0></tspan>", escape(text)))
    return "".join(told)


def picture(command: str, text: str) -> str:
    lines = text.rstrip().splitlines()
    width, height = COLUMNS * WIDE + 2 * PAD, (len(lines) + 2) * HIGH + 2 * PAD
    drawn = [f"\x1b[1m$ {command}\x1b[0m", "", *lines]
    rows = [
        f'<text x="{PAD}" y="{PAD + (number + 0.8) * HIGH:.1f}" xml:space="preserve">{marked(line)}</text>'
        for number, line in enumerate(drawn)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="What {escape(command)} shows">\n'
        '<rect width="100%" height="100%" rx="8" fill="#fbfaf7" stroke="#d9d4c7"/>\n'
        '<g font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="13" fill="#222">\n'
        + "\n".join(rows)
        + "\n</g>\n</svg>\n"
    )


if __name__ == "__main__":
    sys.stdout.write(picture("offercast demo", shown(sys.argv[1:])))
