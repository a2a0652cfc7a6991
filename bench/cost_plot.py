# SPDX-License-Identifier: Apache-2.0
"""A plot with two logarithmic axes, as SVG."""

import math

_WIDTH, _HEIGHT = 720, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 170, 20, 50
_COLORS = ('#888888', '#bbbbbb', '#1f6feb', '#d29922')


def _decades(values):
    return (math.floor(math.log10(min(values))),
            math.ceil(math.log10(max(values))))


def _line(x1, y1, x2, y2):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            'stroke="#dddddd"/>')


def _text(x, y, text, anchor='middle', rest=''):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {rest}>'
            f'{text}</text>')


def plot(series, x_title, y_title):
    """`series` maps a label to its points (x, y), by ascending x."""
    x_low, x_high = _decades([x for points in series.values()
                              for x, _ in points])
    y_low, y_high = _decades([y for points in series.values()
                              for _, y in points])
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def at(x, y):
        return (_LEFT + (math.log10(x) - x_low) / (x_high - x_low)
                * (right - _LEFT),
                bottom - (math.log10(y) - y_low) / (y_high - y_low)
                * (bottom - _TOP))

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" '
             f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
             'font-size="12" fill="#333333">',
             f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>']
    for decade in range(x_low, x_high + 1):
        x, _ = at(10**decade, 10**y_low)
        parts += [_line(x, _TOP, x, bottom),
                  _text(x, bottom + 18, f'{10**decade:,}')]
    for decade in range(y_low, y_high + 1):
        _, y = at(10**x_low, 10**decade)
        parts += [_line(_LEFT, y, right, y),
                  _text(_LEFT - 8, y + 4, f'{10**decade:,g}', 'end')]
    parts += [_text((_LEFT + right) / 2, _HEIGHT - 10, x_title),
              _text(0, 0, y_title, 'middle',
                    f'transform="translate(16 {(_TOP + bottom) / 2}) '
                    'rotate(-90)"')]
    # Labels at the right end of each line, none over another.
    label_y = math.inf
    by_height = sorted(zip(series.items(), _COLORS),
                       key=lambda item: at(*item[0][1][-1])[1], reverse=True)
    for (label, points), color in by_height:
        pixels = [at(x, y) for x, y in points]
        path = ' '.join(f'{x:.1f},{y:.1f}' for x, y in pixels)
        label_y = min(pixels[-1][1] + 4, label_y - 16)
        parts += [f'<polyline points="{path}" fill="none" stroke="{color}" '
                  'stroke-width="2"/>',
                  *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>'
                    for x, y in pixels),
                  _text(right + 10, label_y, label, 'start',
                        f'style="fill:{color}"')]
    return '\n'.join([*parts, '</svg>', ''])
