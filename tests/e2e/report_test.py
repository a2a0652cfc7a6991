# SPDX-License-Identifier: Apache-2.0
"""Reports of `slotplanner analyze` in a real browser: they complain of nothing,
load nothing, fit their window, and show what is in the JSON.

SLOTPLANNER_PICTURES=FOLDER keeps a picture of each, to be looked at."""

import base64
import json
import os
import pathlib
import random
import subprocess
import tempfile
import unittest

import analysis_samples
import browser
import random_seed
from google.protobuf import json_format
from slotplanner.v1 import advisor_service_pb2
from slotplanner.v1 import topology_service_pb2

SLOT_COUNT = analysis_samples.SLOT_COUNT
DESKTOP = {'width': 1280, 'height': 800}
PHONE = {'width': 360, 'height': 740}

# What the page shows: exact figures where it has them, else text.
READ_PAGE = """(() => {
  const shown = (cell) =>
    (cell.dataset.value ?? cell.querySelector('[data-value]')?.dataset.value)
      ?? cell.textContent;
  const rows = (table) => Array.from(table.tBodies[0].rows, (row) =>
    Object.fromEntries(Array.from(row.cells, (cell) =>
      [cell.dataset.column ?? cell.cellIndex, shown(cell)])));
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  return {
    title: document.title,
    heading: document.querySelector('h1').textContent,
    verdict: document.querySelector('.verdict').textContent,
    points: document.querySelector('.points').textContent,
    totals: Object.fromEntries(all('[data-figure]').map((figure) =>
      [figure.dataset.figure, figure.dataset.value])),
    tables: Object.fromEntries(all('[data-table]').map((table) =>
      [table.dataset.table, rows(table)])),
    uses: all('[data-use]').map((use) => ({
      command: use.dataset.use,
      calls: use.dataset.value,
      suggestions: use.querySelector('.suggestions').textContent,
    })),
    bytes: all('.bytes').map((bytes) => bytes.textContent),
    slots: all('.bins div').reduce((sum, bin) =>
      sum + Number(bin.dataset.slots), 0),
    sections: all('section').filter((section) => !section.hidden)
      .map((section) => section.id),
    overflow: document.documentElement.scrollWidth -
      document.documentElement.clientWidth,
    scripts: document.scripts.length,
    images: document.images.length,
  };
})()"""

READ_CELLS = """(() => {
  const canvas = document.querySelector('.cells');
  const {data} = canvas.getContext('2d')
    .getImageData(0, 0, canvas.width, canvas.height);
  let bytes = '';
  for (const byte of data) bytes += String.fromCharCode(byte);
  return btoa(bytes);
})()"""

READ_SLOT = """Object.fromEntries(Array.from(
  document.querySelectorAll('[data-slot-fact]'),
  (fact) => [fact.dataset.slotFact, fact.dataset.value]))"""

# Widths of the bars of a table, and where the line of the mean is.
READ_BARS = """Array.from(
  document.querySelectorAll('[data-table=%s] .track'), (track) => {
    const all = track.getBoundingClientRect();
    const [fill, mean] = Array.from(track.children, (part) =>
      part.getBoundingClientRect());
    return {
      bar: fill.width / all.width,
      mean: (mean.left - all.left) / all.width,
    };
  })"""

# Texts whose colour is less than 4.5 times as light or dark as what is behind
# them: WCAG 2.2, success criterion 1.4.3 and "relative luminance".
READ_FAINT_TEXTS = """(() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = parse(colour).map((byte) => {
      const part = byte / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return parse(colour)[3] === 0 ? behind(element.parentElement) : colour;
  };
  const hasText = (element) => Array.from(element.childNodes).some((node) =>
    node.nodeType === Node.TEXT_NODE && node.data.trim());
  return Array.from(document.querySelectorAll('main *, footer'))
    .filter((element) => hasText(element) && element.checkVisibility())
    .map((element) => {
      const [dark, light] = [getComputedStyle(element).color, behind(element)]
        .map(luminance).sort((a, b) => a - b);
      const contrast = (light + 0.05) / (dark + 0.05);
      return `${contrast.toFixed(2)} ${element.className} ${
        element.textContent.slice(0, 40)}`;
    })
    .filter((text) => parseFloat(text) < 4.5);
})()"""


def setUpModule():
    global chromium, folder, samples
    pages = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(pages.cleanup)
    folder = pathlib.Path(pages.name)
    samples = analysis_samples.samples(random.Random(random_seed.random_seed()))
    for name, (title, analysis) in samples.items():
        write_page(name, title, in_full(analysis))
    chromium = browser.Browser()
    unittest.addModuleCleanup(chromium.stop)


def in_full(analysis: dict) -> dict:
    """The same with all defaults, which is how the tool writes it."""
    messages = {
        'keys': advisor_service_pb2.AnalyzeKeysResponse,
        'workload': advisor_service_pb2.AnalyzeWorkloadResponse,
        'topology': topology_service_pb2.Topology,
    }
    return analysis | {
        field: json_format.MessageToDict(
            json_format.ParseDict(analysis[field], message()),
            including_default_value_fields=True,
        )
        for field, message in messages.items()
        if field in analysis
    }


def write_page(name: str, title: str, analysis: dict) -> None:
    result = subprocess.run(
        [os.environ['SLOTPLANNER_REPORT_PAGE'], title],
        input=json.dumps(analysis, ensure_ascii=False).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    (folder / f'{name}.html').write_bytes(result.stdout)


def keys_of(analysis: dict) -> dict:
    return analysis.get('workload', analysis).get('keys', {})


def loads_of(keys: dict) -> tuple[list[int], list[int]]:
    """The keys and the weight of each slot."""
    counts = keys.get('counts', {})
    loads = [0] * SLOT_COUNT, [0] * SLOT_COUNT
    weights = counts.get('weights', counts.get('keys', []))
    for slot, count, weight in zip(
        counts.get('slots', []), counts.get('keys', []), weights
    ):
        loads[0][slot] = int(count)
        loads[1][slot] = int(weight)
    return loads


class ReportTest(unittest.TestCase):
    """What all tests of pages need."""

    maxDiff = None

    def open(self, name: str, is_dark: bool = False, **window: int) -> dict:
        chromium.look(is_dark=is_dark, **(window or DESKTOP))
        chromium.open(folder / f'{name}.html')
        page = chromium.evaluate(READ_PAGE)
        self.assertEqual(chromium.complaints, [])
        self.assertEqual(
            chromium.requests, [(folder / f'{name}.html').as_uri()]
        )
        return page


class PageTest(ReportTest):
    def test_every_report_fits_every_window_and_says_the_same(self):
        for name in samples:
            figures = None
            for kind, window in (('desktop', DESKTOP), ('phone', PHONE)):
                for theme in ('light', 'dark'):
                    with self.subTest(name=name, kind=kind, theme=theme):
                        page = self.open(name, theme == 'dark', **window)
                        self.assertLessEqual(page['overflow'], 0)
                        self.keep_picture(f'{name}_{kind}_{theme}')
                        self.assertIn(figures, (None, page))
                        figures = page

    def keep_picture(self, name: str) -> None:
        if pictures := os.environ.get('SLOTPLANNER_PICTURES'):
            chromium.take_picture(pathlib.Path(pictures, f'{name}.png'))

    def test_texts_are_easy_to_read(self):
        for name in ('skewed', 'workload', 'hidden'):
            for is_dark in (False, True):
                with self.subTest(name=name, is_dark=is_dark):
                    self.open(name, is_dark)
                    self.assertEqual(chromium.evaluate(READ_FAINT_TEXTS), [])

    def test_figures_are_those_of_the_json(self):
        for name, (title, analysis) in samples.items():
            with self.subTest(name=name):
                page = self.open(name)
                self.assertEqual(page['title'], ' '.join(title.split()))
                self.assertEqual(page['heading'], title)
                self.check_totals(page['totals'], analysis)
                self.check_slots(page, keys_of(analysis))
                self.check_tags(page['tables'], keys_of(analysis))
                for field, table in (
                    ('shards', 'shards'),
                    ('whatIfShards', 'what-if-shards'),
                ):
                    self.check_shards(
                        page['tables'].get(table, []),
                        keys_of(analysis).get(field, {}).get('shards', []),
                    )
                self.check_skew(page['tables'], keys_of(analysis))
                self.check_workload(page, analysis.get('workload', {}))
                self.check_input(page['tables'], analysis)

    def check_totals(self, totals: dict, analysis: dict) -> None:
        keys = keys_of(analysis)
        expected = {
            'keys': keys.get('keyCount', '0'),
            'taggedKeys': keys.get('taggedKeyCount', '0'),
        }
        if 'counts' in keys:
            expected['slots'] = str(len(keys['counts'].get('slots', [])))
        if 'weights' in keys.get('counts', {}):
            expected['weight'] = keys['weight']
        if 'shards' in keys:
            expected['shards'] = str(len(keys['shards']['shards']))
        if 'workload' in analysis:
            expected['calls'] = analysis['workload']['total'].get('calls', '0')
        self.assertEqual(totals, expected)

    def check_slots(self, page: dict, keys: dict) -> None:
        self.check_loads(
            page['tables'].get('slots', []), keys.get('fullestSlots', [])
        )
        if 'keyCount' in keys:
            self.assertEqual(page['slots'], SLOT_COUNT)  # Of the histogram.

    def check_loads(self, rows: list[dict], loads: list[dict]) -> None:
        self.assertEqual(
            [(row['slot'], row['keys']) for row in rows],
            [(str(load.get('slot', 0)), load['keys']) for load in loads],
        )
        if rows and 'weight' in rows[0]:
            self.assertEqual(
                [row['weight'] for row in rows],
                [load.get('weight', '0') for load in loads],
            )

    def check_tags(self, tables: dict, keys: dict) -> None:
        tags = keys.get('heaviestTags', [])
        self.check_loads(tables.get('tags', []), tags)
        self.assertEqual(
            [row['tag'] == 'hidden' for row in tables.get('tags', [])],
            ['tag' not in tag for tag in tags],
        )

    def check_shards(self, rows: list[dict], shards: list[dict]) -> None:
        self.assertEqual(
            [
                (row['keys'], row.get('weight', row['keys']), row['slots'])
                for row in rows
            ],
            [
                (
                    shard.get('keys', '0'),
                    shard.get('weight', '0'),
                    str(shard['slotCount']),
                )
                for shard in shards
            ],
        )
        for row, shard in zip(rows, shards):
            self.assertIn(shard['primary']['host'], row['shard'])

    def check_skew(self, tables: dict, keys: dict) -> None:
        shown = [
            skew
            for spread, fields in (
                (keys, ('slotSkew', 'slotWeightSkew')),
                (keys.get('shards', {}), ('skew', 'weightSkew')),
                (keys.get('whatIfShards', {}), ('skew', 'weightSkew')),
            )
            for field in fields
            if (skew := spread.get(field))
        ]
        rows = tables.get('skew', [])
        self.assertEqual(len(rows), len(shown))
        for row, skew in zip(rows, shown):
            for field in (
                'maxOverMean',
                'uniformMaxOverMean',
                'coefficientOfVariation',
                'uniformCoefficientOfVariation',
                'deviations',
            ):
                self.assertEqual(float(row[field]), skew.get(field, 0))
            self.assertEqual(row['isSkewed'] == 'true', 'isSkewed' in skew)

    def check_workload(self, page: dict, workload: dict) -> None:
        commands = workload.get('commands', [])
        if workload:
            commands = [workload['total'], *commands]
        rows = page['tables'].get('commands', [])
        self.assertEqual(len(rows), len(commands))
        for row, command in zip(rows, commands):
            for field in (
                'calls',
                'singleSlot',
                'anyNode',
                'fanOut',
                'split',
                'emulated',
                'refused',
                'maxParts',
                'maxNodes',
            ):
                self.assertEqual(row[field], str(command.get(field, 0)))
            calls = int(command.get('calls', 0))
            for field in ('parts', 'nodes', 'whatIfNodes'):
                self.assertAlmostEqual(
                    float(row.get(field, 0)),
                    int(command.get(field, 0)) / max(calls, 1),
                )
        uses = workload.get('crossSlotUses', [])
        self.assertEqual(
            [(use['command'], use['calls']) for use in page['uses']],
            [(use['command'], use['calls']) for use in uses],
        )
        for shown, use in zip(page['uses'], uses):
            for suggestion in use.get('suggestions', []):
                slot = suggestion['slot']
                self.assertIn(f'slot {slot}', shown['suggestions'])
                for renaming in suggestion['renamings']:
                    name = base64.b64decode(renaming.get('newKey', ''))
                    self.assertIn(name.decode(), shown['suggestions'])

    def check_input(self, tables: dict, analysis: dict) -> None:
        values = [row['1'] for row in tables.get('input', [])]
        facts = analysis.get('input', {}).values()
        self.assertEqual(
            values[: len(facts)],
            [
                str(fact).lower() if isinstance(fact, bool) else str(fact)
                for fact in facts
            ],
        )

    def test_defaults_may_be_left_out(self):
        for name, (title, analysis) in samples.items():
            with self.subTest(name=name):
                write_page('short', title, analysis)
                self.assertEqual(self.open('short'), self.open(name))

    def test_verdicts(self):
        for name, words in {
            'uniform': 'Even:',
            'skewed': 'Uneven: a shard holds',
            'empty': 'No keys were counted.',
            'bare': 'No keys were counted.',
            'one_key': 'One key',
            'huge': 'Uneven by chance:',
            'workload': 'Refused: 0.3% of the calls.',
            'no_commands': 'No commands were counted.',
        }.items():
            with self.subTest(name=name):
                self.assertTrue(self.open(name)['verdict'].startswith(words))

    def test_sections_are_those_that_have_something_to_show(self):
        for name, sections in {
            'slots_only': ['slots', 'skew', 'input'],
            'empty': ['slots', 'shards', 'input'],
            'bare': [],
        }.items():
            with self.subTest(name=name):
                self.assertEqual(self.open(name)['sections'], sections)


class BytesTest(ReportTest):
    def test_hostile_bytes_are_text(self):
        page = self.open('hostile')
        self.assertEqual(page['scripts'], 2)
        self.assertEqual(page['images'], 0)
        shown = {
            row['slot']: row['tag'] for row in page['tables']['tags']
        }
        texts = {
            b'</script><img src=x onerror=alert(1)>': None,
            b'line\nfeed\ttab\r\x00\x1b[31m\x7f': (
                r'line\nfeed\ttab\r\x00\x1b[31m\x7f'
            ),
            'right \u202e to left \u2066'.encode(): (
                r'right \xe2\x80\xae to left \xe2\x81\xa6'
            ),
            'größe 键 🔑 e\u0301 עברית'.encode(): None,
            b'not \xff\xfe UTF-8 \xc3( \\x41': (
                r'not \xff\xfe UTF-8 \xc3( \\x41'
            ),
            b'back\\slash\\n': r'back\\slash\\n',
            b'  spaces  around  ': None,
            b'__proto__': None,
        }
        for tag, text in texts.items():
            slot = str(analysis_samples.slot_of(tag))
            self.assertEqual(shown[slot], text or tag.decode())

    def test_long_bytes_are_cut(self):
        shown = [
            text for text in self.open('hostile')['bytes'] if 'xxx' in text
        ]
        self.assertEqual(shown, ['x' * 200])

    def test_hidden_keys_show_no_bytes(self):
        for name in ('hidden', 'workload_hidden'):
            self.assertEqual(self.open(name)['bytes'], [])


class SlotMapTest(ReportTest):
    def cells(self) -> list[bytes]:
        data = base64.b64decode(chromium.evaluate(READ_CELLS))
        self.assertEqual(len(data), 4 * SLOT_COUNT)
        return [data[4 * slot : 4 * slot + 4] for slot in range(SLOT_COUNT)]

    def check_cells(self, loads: list[int], is_dark: bool) -> None:
        """One colour for one load; the more it is off the mean, the more its
        lightness is off that of the mean; no load, no colour."""
        colours: dict[int, bytes] = {}
        for load, colour in zip(loads, self.cells()):
            self.assertEqual(colours.setdefault(load, colour), colour)
            self.assertEqual(colour[3], 255)
        mean = sum(loads) / SLOT_COUNT

        def lightness(load: int) -> float:
            red, green, blue = colours[load][:3]
            return 0.2126 * red + 0.7152 * green + 0.0722 * blue

        sign = 1 if is_dark else -1
        above = [
            sign * lightness(load) for load in sorted(colours) if load > mean
        ]
        below = [
            sign * lightness(load)
            for load in sorted(colours, reverse=True)
            if 0 < load < mean
        ]
        for lightnesses in (above, below):
            # Neighbouring shades may be one step of a byte off.
            for less, more in zip(lightnesses, lightnesses[1:]):
                self.assertGreaterEqual(more, less - 1)
        if above:
            red, _, blue = colours[max(colours)][:3]
            self.assertGreaterEqual(red, blue)
        if below:
            red, _, blue = colours[min(load for load in colours if load)][:3]
            self.assertGreaterEqual(blue, red)
        if 0 in colours:
            red, green, blue = colours[0][:3]
            self.assertLessEqual(max(red, green, blue), 30) if is_dark else (
                self.assertEqual((red, green, blue), (255, 255, 255))
            )
            others = {colours[load] for load in colours if load}
            self.assertNotIn(colours[0], others)
        if max(loads) > 8 * mean:
            self.assertGreater(len(set(colours.values())), 1)

    def test_colours_follow_the_loads(self):
        for name, (_, analysis) in samples.items():
            if 'counts' not in keys_of(analysis):
                continue
            keys, weights = loads_of(keys_of(analysis))
            for is_dark in (False, True):
                with self.subTest(name=name, is_dark=is_dark):
                    self.open(name, is_dark)
                    self.check_cells(weights, is_dark)
                    if 'weights' in keys_of(analysis)['counts']:
                        chromium.evaluate(
                            "document.querySelector('[value=keys]').click()"
                        )
                        self.check_cells(keys, is_dark)

    def test_cells_tell_what_they_have(self):
        self.open('skewed')
        keys, weights = loads_of(keys_of(samples['skewed'][1]))
        area = chromium.evaluate(
            "document.querySelector('.cells').getBoundingClientRect().toJSON()"
        )

        def centre(slot: int) -> tuple[float, float]:
            return (
                area['x'] + (slot % 128 + 0.5) * area['width'] / 128,
                area['y'] + (slot // 128 + 0.5) * area['height'] / 128,
            )

        def expect(slot: int) -> None:
            self.assertEqual(
                chromium.evaluate(READ_SLOT),
                {
                    'keys': str(keys[slot]),
                    'weight': str(weights[slot]),
                    'owner': f'10.0.0.{slot * 3 // SLOT_COUNT + 1}:6379',
                },
            )
            self.assertEqual(
                chromium.evaluate(
                    "document.querySelector('[role=slider]').ariaValueNow"
                ),
                str(slot),
            )

        expect(weights.index(max(weights)))
        # A mouse reaches what is in the window.
        chromium.evaluate("document.querySelector('.plot').scrollIntoView()")
        area['y'] = chromium.evaluate(
            "document.querySelector('.cells').getBoundingClientRect().y"
        )
        for slot in (0, 127, 4242, 9999, 16383):
            chromium.move_mouse(*centre(slot))
            expect(slot)
        chromium.evaluate("document.querySelector('.plot').focus()")
        for key, slot in (
            ('Home', 0),
            ('ArrowLeft', 0),
            ('ArrowRight', 1),
            ('ArrowDown', 129),
            ('PageDown', 1153),
            ('PageUp', 129),
            ('End', 16383),
            ('ArrowUp', 16255),
        ):
            chromium.press(key)
            expect(slot)
        chromium.evaluate(
            "(() => { const input = document.querySelector('#slot-number');"
            " input.value = 5798; input.dispatchEvent(new Event('input')); })()"
        )
        expect(5798)

    def test_a_finger_chooses_a_cell(self):
        self.open('uniform', **PHONE)
        keys, _ = loads_of(keys_of(samples['uniform'][1]))
        chromium.evaluate("document.querySelector('.plot').scrollIntoView()")
        area = chromium.evaluate(
            "document.querySelector('.cells').getBoundingClientRect().toJSON()"
        )
        slot = 100 * 128 + 50
        chromium.tap(
            area['x'] + 50.5 * area['width'] / 128,
            area['y'] + 100.5 * area['height'] / 128,
        )
        self.assertEqual(
            chromium.evaluate(READ_SLOT)['keys'], str(keys[slot])
        )


class MeasureTest(ReportTest):
    def test_bars_are_as_long_as_the_loads(self):
        self.open('skewed')
        spreads = [
            keys_of(samples['skewed'][1])[field]['shards']
            for field in ('shards', 'whatIfShards')
        ]
        for measure in ('weight', 'keys'):
            chromium.evaluate(
                f"document.querySelector('[value={measure}]').click()"
            )
            most = max(int(s[measure]) for spread in spreads for s in spread)
            for table, spread in zip(('shards', 'what-if-shards'), spreads):
                loads = [int(shard[measure]) for shard in spread]
                bars = chromium.evaluate(READ_BARS % table)
                self.assertEqual(len(bars), len(loads))
                for bar, load in zip(bars, loads):
                    self.assertAlmostEqual(bar['bar'], load / most, delta=0.01)
                    self.assertAlmostEqual(
                        bar['mean'], sum(loads) / len(loads) / most, delta=0.01
                    )

    def test_the_fullest_slots_are_those_of_the_measure(self):
        self.open('skewed')
        keys, weights = loads_of(keys_of(samples['skewed'][1]))
        chromium.evaluate("document.querySelector('[value=keys]').click()")
        fullest = sorted(range(SLOT_COUNT), key=lambda s: (-keys[s], s))[:20]
        rows = chromium.evaluate(READ_PAGE)['tables']['slots']
        self.assertEqual(
            [(row['slot'], row['keys'], row['weight']) for row in rows],
            [(str(s), str(keys[s]), str(weights[s])) for s in fullest],
        )


class PolicyTest(ReportTest):
    def test_only_its_own_script_and_style_are_allowed(self):
        """The policy is in force: what a page of ours never has is refused."""
        path = folder / 'changed.html'
        page = (folder / 'uniform.html').read_text(encoding='utf-8')
        path.write_text(
            page.replace(
                '</main>',
                '<img src="http://127.0.0.1:9/x"><b style="color:red">b</b>'
                '<script>document.title = "changed"</script></main>',
            ),
            encoding='utf-8',
        )
        chromium.look(is_dark=False, **DESKTOP)
        chromium.open(path)
        self.assertEqual(
            chromium.evaluate('document.title'), samples['uniform'][0]
        )
        self.assertGreaterEqual(len(chromium.complaints), 3)
        self.assertEqual(chromium.requests, [path.as_uri()])

    def test_it_can_be_printed(self):
        for is_dark in (False, True):
            self.open('skewed', is_dark)
            self.assertTrue(chromium.print().startswith(b'%PDF-'))
            self.assertEqual(chromium.complaints, [])

    def test_paper_is_light(self):
        self.open('one_key', is_dark=True)
        for event, white in (('beforeprint', True), ('afterprint', False)):
            chromium.evaluate(f"dispatchEvent(new Event('{event}'))")
            cells = base64.b64decode(chromium.evaluate(READ_CELLS))
            self.assertEqual(cells[:3] == b'\xff\xff\xff', white)


if __name__ == '__main__':
    unittest.main()
