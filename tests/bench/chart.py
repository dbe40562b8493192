"""The chart of the benchmark: goals as bars, growth as curves, in one SVG that is readable on light
and on dark. It knows nothing of what is measured. Called by bench.py; standard library only.

tested with: scenario/test_bench
"""
import math
from html import escape

WIDTH, ROW, LEFT, RIGHT = 960, 22, 400, 90
PLOT_WIDTH, PLOT_HEIGHT = 430, 240
COLOURS = 5
STYLE = """
svg { background: #ffffff; font: 13px sans-serif; }
text { fill: #1f2328; } .dim { fill: #656d76; } .head { font-weight: bold; font-size: 15px; }
.met { fill: #1a7f37; } .missed { fill: #cf222e; } .axis { stroke: #d0d7de; fill: none; }
.bar { stroke: #1f2328; stroke-width: 1.5; }
.c0 { stroke: #0969da; } .c1 { stroke: #bc4c00; } .c2 { stroke: #8250df; } .c3 { stroke: #1a7f37; }
.c4 { stroke: #bf3989; }
.line { fill: none; stroke-width: 2; } .dot { stroke-width: 5; stroke-linecap: round; }
@media (prefers-color-scheme: dark) {
svg { background: #0d1117; } text { fill: #e6edf3; } .dim { fill: #9198a1; }
.met { fill: #3fb950; } .missed { fill: #f85149; } .axis { stroke: #3d444d; }
.bar { stroke: #e6edf3; } .c0 { stroke: #4493f8; } .c1 { stroke: #db6d28; }
.c2 { stroke: #ab7df8; } .c3 { stroke: #3fb950; } .c4 { stroke: #db61a2; } }
"""


def text(x, y, words, kind="", anchor="start"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">'
            f"{escape(words)}</text>")


def line(x1, y1, x2, y2, kind):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def bars(top, rows):
    """@rows: (label, how many times better than the bar, words). Powers of two, 1/8 to 8 times,
    with the bar in the middle. (elements, height)"""
    span = WIDTH - LEFT - RIGHT
    middle = LEFT + span / 2
    out = [text(16, top + 18, "Goals: how many times better than the bar", "head")]
    y = top + 46
    for power in range(-3, 4):
        x = middle + power * span / 6
        words = f"{2 ** power}x" if power >= 0 else f"1/{2 ** -power}"
        out.append(text(x, y - 8, words, "dim", "middle"))
        out.append(line(x, y, x, y + ROW * len(rows), "bar" if power == 0 else "axis"))
    for label, share, words in rows:
        reach = max(-3.0, min(3.0, math.log2(max(share, 1e-9)))) * span / 6
        kind = "met" if share >= 1 else "missed"
        out.append(text(LEFT - 10, y + 15, label, "", "end"))
        out.append(f'<rect x="{min(middle, middle + reach):.1f}" y="{y + 5}" '
                   f'width="{max(abs(reach), 1):.1f}" height="{ROW - 9}" class="{kind}"/>')
        out.append(text(WIDTH - RIGHT + 8, y + 15, words, "dim"))
        y += ROW
    return out, y - top + 16


def decades(values):
    """The powers of ten around @values, at least one decade."""
    low = math.floor(math.log10(max(min(values), 1e-6)))
    return low, max(math.ceil(math.log10(max(max(values), 1e-6))), low + 1)


def ticks(low, high):
    """(place from 0 to 1, words)"""
    for power in range(low, high + 1):
        value = 10.0 ** power
        words = f"{value / 1e6:g}M" if value >= 1e6 else f"{value / 1e3:g}k" if value >= 1e3 \
            else f"{value:g}"
        yield (power - low) / (high - low), words


def plot(left, top, title, across, up, lines):
    """@lines: {name: [(x, y)]}, on axes that grow by tens."""
    points = [p for series in lines.values() for p in series]
    (x0, x1), (y0, y1) = (decades([p[i] for p in points]) for i in (0, 1))
    out = [text(left, top + 18, title, "head"), text(left, top + 58, up, "dim"),
           text(left + PLOT_WIDTH - 40, top + PLOT_HEIGHT + 102, across, "dim", "end")]
    legend, left, top = (left, top + 38), left + 46, top + 70
    wide, high = PLOT_WIDTH - 86, PLOT_HEIGHT
    for place, words in ticks(y0, y1):
        y = top + high * (1 - place)
        out += [line(left, y, left + wide, y, "axis"), text(left - 6, y + 4, words, "dim", "end")]
    for place, words in ticks(x0, x1):
        out.append(text(left + wide * place, top + high + 16, words, "dim", "middle"))

    def at(point):
        return (left + wide * (math.log10(max(point[0], 1e-6)) - x0) / (x1 - x0),
                top + high * (1 - (math.log10(max(point[1], 1e-6)) - y0) / (y1 - y0)))

    for i, (name, series) in enumerate(lines.items()):
        kind = f"c{i % COLOURS}"
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(at, series))
        out.append(f'<polyline points="{path}" class="line {kind}"/>')
        out += [line(x, y, x, y, f"dot {kind}") for x, y in map(at, series)]
        x, y = legend[0] + i * PLOT_WIDTH / max(len(lines), 3), legend[1]
        out += [line(x, y - 4, x + 16, y - 4, f"line {kind}"), text(x + 22, y, name)]
    return out


def draw(title, rows, curves):
    """The whole picture as text."""
    out, height = bars(40, rows)
    y = 40 + height
    for i, curve in enumerate(curves):
        out += plot(16 + i % 2 * 480, y, *curve)
        y += (PLOT_HEIGHT + 130) if i % 2 or i + 1 == len(curves) else 0
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" '
            f'viewBox="0 0 {WIDTH} {y}" role="img">\n<title>{escape(title)}</title>\n'
            f"<style>{STYLE}</style>\n" + text(16, 26, title, "head") + "\n"
            + "\n".join(out) + "\n</svg>\n")
