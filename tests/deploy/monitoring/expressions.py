# SPDX-License-Identifier: Apache-2.0
"""The expressions of dashboards and of the runbook, and what is in them."""

import itertools
import json
import pathlib
import re
from collections.abc import Iterator

import prometheus_fixture

ROOT = prometheus_fixture.ROOT
DASHBOARDS = sorted((ROOT / 'deploy' / 'grafana').glob('*.json'))
RUNBOOK = ROOT / 'docs' / 'runbook.md'

# A name of a metric or of a recording rule, of those that we know.
_METRIC = (
    r'\b(?:[a-z_]+:[a-z0-9_]+:[a-z0-9_]+|up\b'
    r'|(?:slotplanner|grpc_server|process)_[a-z0-9_]+)'
)
_SELECTOR = re.compile(rf'({_METRIC})\s*(?:\{{([^}}]*)\}})?')
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
_ALTERNATIVES = re.compile(r'\w+(?:\|\w+)+')
# Not a part of the name of a recording rule, nor of a file.
_FAMILY = re.compile(
    r'(?<![\w:])((?:slotplanner|grpc_server|process)_[a-z0-9_]*[a-z0-9])'
    r'(?![\w:]|\.(?:json|md|proto|yaml)\b)'
)


def selectors(expression: str) -> Iterator[str]:
    """Each selector of series in it; one with `reason=~"a|b"` once for each of
    them, so that none may be misspelt."""
    for name, matchers in _SELECTOR.findall(expression):
        choices = []
        for label, operator, value in _MATCHER.findall(matchers):
            values = [value]
            if operator == '=~' and _ALTERNATIVES.fullmatch(value):
                values = value.split('|')
            choices.append([f'{label}{operator}"{v}"' for v in values])
        for choice in itertools.product(*choices):
            yield f'{name}{{{",".join(choice)}}}'


def families(text: str) -> set[str]:
    """The names of metrics in a text, without the suffixes of histograms."""
    return {
        re.sub(r'_(bucket|count|sum)$', '', name)
        for name in _FAMILY.findall(text)
    }


def panels(dashboard: dict) -> Iterator[dict]:
    for panel in dashboard['panels']:
        yield panel
        yield from panel.get('panels', ())


def fill_in(expression: str) -> str:
    """The expression as Grafana sends it, with `All` chosen everywhere."""
    expression = expression.replace('$__rate_interval', '1m')
    expression = re.sub(r'\$(job|instance|cluster)\b', '.*', expression)
    if '$' in expression:
        raise ValueError(f'an unknown variable: {expression}')
    return expression


def of_dashboards() -> Iterator[tuple[str, str]]:
    """Names and expressions."""
    for path in DASHBOARDS:
        dashboard = json.loads(path.read_text())
        for panel in panels(dashboard):
            for target in panel.get('targets', ()):
                yield (
                    f'{path.name}: {panel["title"]}: {target["refId"]}',
                    fill_in(target['expr']),
                )
        for variable in dashboard['templating']['list']:
            if variable['type'] == 'query':
                found = re.fullmatch(
                    r'label_values\((.*), \w+\)', variable['query']['query']
                )
                yield f'{path.name}: ${variable["name"]}', fill_in(found[1])


def of_runbook() -> Iterator[tuple[str, str]]:
    """Those in its blocks of PromQL, one a line."""
    text = RUNBOOK.read_text()
    for block in re.findall(r'^ *```promql\n(.*?)^ *```', text, re.M | re.S):
        for line in block.splitlines():
            yield f'{RUNBOOK.name}: {line.strip()}', line.strip()


def events_of_runbook() -> set[str]:
    """The log events that it names, all of them in lines that begin `Log:`."""
    lines = re.findall(r'^- Log: (.*)$', RUNBOOK.read_text(), re.M)
    return {
        event for line in lines for event in re.findall(r'`([a-z_]+)`', line)
    }
