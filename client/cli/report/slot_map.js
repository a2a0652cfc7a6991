// SPDX-License-Identifier: Apache-2.0
// The slot map: a cell for each slot, coloured by its load against the mean.

const MAP_SIDE = 128;

// Colours reach as far as 1/8 and 8 times the mean, in even steps of its
// logarithm; what is beyond looks like that.
const OCTAVES = 3;
const SHADES = 255;

// With more changes of owners than this, lines would hide the colours.
const MOST_BOUNDARIES = 512;

// Few slots with more than 8 times the mean get a ring each: one hot cell among
// 16,384 is easily overlooked.
const MOST_RINGS = 40;

// Pixels of a cell in what is drawn over the cells.
const FINE = 8;

// Lightness, chroma and hue in OKLCh (Björn Ottosson, "A perceptual color space
// for image processing"). From blue over grey to orange, which people with any
// colour blindness tell apart; lightness alone tells how far from the mean.
const PALETTES = {
  light: {
    blank: [1, 0, 0],
    below: [0.42, 0.13, 257],
    mean: [0.89, 0, 0],
    above: [0.42, 0.13, 42],
    boundary: 'rgb(0 0 0 / 60%)',
    ring: '#000',
  },
  dark: {
    blank: [0.17, 0, 0],
    below: [0.83, 0.11, 240],
    mean: [0.35, 0, 0],
    above: [0.83, 0.13, 62],
    boundary: 'rgb(255 255 255 / 65%)',
    ring: '#fff',
  },
};

// Bytes of red, green and blue.
function rgbOf([lightness, chroma, hue]) {
  const a = chroma * Math.cos(hue * Math.PI / 180);
  const b = chroma * Math.sin(hue * Math.PI / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((linear) => {
    const light = Math.min(Math.max(linear, 0), 1);
    const encoded = light <= 0.0031308
      ? 12.92 * light
      : 1.055 * light ** (1 / 2.4) - 0.055;
    return Math.round(255 * encoded);
  });
}

// The shades from 1/8 to 8 times the mean, the mean in the middle.
function shadesOf(palette) {
  return Array.from({length: SHADES}, (_, index) => {
    const distance = 2 * index / (SHADES - 1) - 1;
    const [lightness, chroma, hue] =
      distance < 0 ? palette.below : palette.above;
    const part = Math.abs(distance);
    return rgbOf([
      palette.mean[0] + part * (lightness - palette.mean[0]),
      part * chroma,
      hue,
    ]);
  });
}

function shadeIndexOf(ratio) {
  const distance = Math.min(Math.max(Math.log2(ratio) / OCTAVES, -1), 1);
  return Math.round((distance + 1) / 2 * (SHADES - 1));
}

const darkness = matchMedia('(prefers-color-scheme: dark)');

// `loads` has `keys` and `weight`, an integer for each slot; `measures` names
// those that are told; `owners` has the name of each slot's owner, or is null.
class SlotMap {
  constructor(loads, measures, owners) {
    this.loads = loads;
    this.measures = measures;
    this.owners = owners;
    this.hasLines = owners !== null && owners.filter((owner, slot) =>
      slot && owner !== owners[slot - 1]).length <= MOST_BOUNDARIES;
    this.totals = {keys: sum(loads.keys), weight: sum(loads.weight)};
    this.measure = 'keys';
    this.slot = 0;
    this.isPrinted = false;

    this.cells = element('canvas',
      {class: 'cells', width: MAP_SIDE, height: MAP_SIDE});
    this.lines = element('canvas',
      {class: 'lines-over', width: FINE * MAP_SIDE, height: FINE * MAP_SIDE});
    this.cursor = element('div', {class: 'cursor'});
    this.plot = element('div', {
      class: 'plot',
      role: 'slider',
      tabindex: 0,
      'aria-label': 'Slot map: arrow keys go from slot to slot',
      'aria-valuemin': 0,
      'aria-valuemax': SLOT_COUNT - 1,
    }, this.cells, this.lines, this.cursor);
    this.scale = element('canvas', {width: SHADES, height: 1});
    this.blank = element('canvas', {class: 'blank', width: 1, height: 1});
    this.note = note('');
    byId('map').append(this.plot, this.makeScale(), this.note);
    this.makeReadout();
    this.listen();
  }

  makeScale() {
    const labels = ['≤ ⅛', '¼', '½', 'mean', '2×', '4×', '≥ 8×'];
    const ticks = labels.map((label, index) => {
      const tick = element('span', {}, label);
      tick.style.left = `${100 * index / (labels.length - 1)}%`;
      return tick;
    });
    return element('div', {class: 'scale'}, this.blank, this.scale,
      element('div', {}, 'empty'), element('div', {class: 'ticks'}, ticks));
  }

  makeReadout() {
    this.input = element('input', {
      id: 'slot-number',
      type: 'number',
      min: 0,
      max: SLOT_COUNT - 1,
      inputmode: 'numeric',
    });
    this.readout = element('dl', {});
    byId('slot').append(
      element('label', {for: 'slot-number'}, 'Slot'),
      element('div', {}, this.input),
      this.readout);
  }

  listen() {
    const selectAt = (event) => {
      const area = this.plot.getBoundingClientRect();
      const cellAt = (offset, size) =>
        Math.min(Math.max(Math.floor(offset / size * MAP_SIDE), 0),
          MAP_SIDE - 1);
      this.select(
        cellAt(event.clientY - area.top, area.height) * MAP_SIDE +
        cellAt(event.clientX - area.left, area.width));
    };
    this.plot.addEventListener('pointerdown', selectAt);
    this.plot.addEventListener('pointermove', (event) => {
      if (event.pointerType === 'mouse') selectAt(event);
    });
    const steps = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -MAP_SIDE,
      ArrowDown: MAP_SIDE,
      PageUp: -8 * MAP_SIDE,
      PageDown: 8 * MAP_SIDE,
      Home: -SLOT_COUNT,
      End: SLOT_COUNT,
    };
    this.plot.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (!Object.hasOwn(steps, event.key)) return;
      event.preventDefault();
      this.select(this.slot + steps[event.key]);
    });
    this.input.addEventListener('input', () => {
      if (this.input.value !== '' && this.input.checkValidity()) {
        this.select(Number(this.input.value));
      }
    });
    darkness.addEventListener('change', () => this.draw());
    const print = (isPrinted) => {
      this.isPrinted = isPrinted;
      this.draw();
    };
    window.addEventListener('beforeprint', () => print(true));
    window.addEventListener('afterprint', () => print(false));
  }

  show(measure) {
    this.measure = measure;
    this.draw();
    this.select(this.slot);
  }

  // Load over mean.
  ratioOf(slot, measure) {
    return SLOT_COUNT *
      shareOf(this.loads[measure][slot], this.totals[measure]);
  }

  select(slot) {
    this.slot = Math.min(Math.max(slot, 0), SLOT_COUNT - 1);
    const column = this.slot % MAP_SIDE;
    const row = (this.slot - column) / MAP_SIDE;
    this.cursor.style.left = `${100 * column / MAP_SIDE}%`;
    this.cursor.style.top = `${100 * row / MAP_SIDE}%`;
    if (Number(this.input.value) !== this.slot || this.input.value === '') {
      this.input.value = this.slot;
    }

    const facts = this.measures.map((measure) => this.factOf(measure));
    if (this.owners) {
      const owner = this.owners[this.slot] ?? 'none';
      facts.push({name: 'owner', title: 'Owner', value: owner, text: owner});
    }
    this.readout.replaceChildren(...facts.flatMap((fact) => [
      element('dt', {}, fact.title),
      element('dd', {'data-slot-fact': fact.name, 'data-value': fact.value},
        fact.text),
    ]));
    this.plot.setAttribute('aria-valuenow', this.slot);
    this.plot.setAttribute('aria-valuetext', `slot ${this.slot}, ` +
      facts.map((fact) => `${fact.title.toLowerCase()} ${fact.text}`)
        .join(', '));
  }

  factOf(name) {
    const value = this.loads[name][this.slot];
    const ratio = formatRatio(this.ratioOf(this.slot, name));
    const text = formatInteger(value) +
      (value ? `, ${ratio} times the mean` : '');
    return {name, title: formatName(name), value, text};
  }

  draw() {
    const palette =
      PALETTES[darkness.matches && !this.isPrinted ? 'dark' : 'light'];
    const shades = shadesOf(palette);
    const blank = rgbOf(palette.blank);
    const loads = this.loads[this.measure];
    paint(this.cells, loads, (load, slot) =>
      load ? shades[shadeIndexOf(this.ratioOf(slot, this.measure))] : blank);
    paint(this.scale, shades, (shade) => shade);
    paint(this.blank, [blank], (shade) => shade);
    this.drawOver(palette);
  }

  drawOver(palette) {
    const context = this.lines.getContext('2d');
    context.clearRect(0, 0, this.lines.width, this.lines.height);
    context.strokeStyle = palette.boundary;
    context.lineWidth = 2;
    if (this.hasLines) this.drawOwners(context);
    const hot = this.hotSlots();
    context.strokeStyle = palette.ring;
    context.lineWidth = 4;
    for (const slot of hot) {
      const x = slot % MAP_SIDE;
      context.beginPath();
      context.arc((x + 0.5) * FINE, ((slot - x) / MAP_SIDE + 0.5) * FINE,
        2.3 * FINE, 0, 2 * Math.PI);
      context.stroke();
    }
    this.note.textContent =
      'Each cell is a slot, 128 in a row, slot 0 at the top left.' +
      (this.hasLines ? ' Lines are where the owner changes.' : '') +
      (hot.length ? ' Rings are around slots with more than 8 times the mean.'
        : '');
  }

  hotSlots() {
    const hot = this.loads.keys.map((_, slot) => slot).filter((slot) =>
      this.ratioOf(slot, this.measure) > 2 ** OCTAVES);
    return hot.length > MOST_RINGS ? [] : hot;
  }

  drawOwners(context) {
    context.beginPath();
    const line = (...ends) => ends.forEach(([x, y], end) => {
      if (end) context.lineTo(FINE * x, FINE * y);
      else context.moveTo(FINE * x, FINE * y);
    });
    for (let slot = 0; slot < SLOT_COUNT; ++slot) {
      const x = slot % MAP_SIDE;
      const y = (slot - x) / MAP_SIDE;
      if (x + 1 < MAP_SIDE && this.owners[slot] !== this.owners[slot + 1]) {
        line([x + 1, y], [x + 1, y + 1]);
      }
      if (y + 1 < MAP_SIDE &&
          this.owners[slot] !== this.owners[slot + MAP_SIDE]) {
        line([x, y + 1], [x + 1, y + 1]);
      }
    }
    context.stroke();
  }
}

// A pixel for each item, in the colour that `colourOf(item, index)` gives.
function paint(canvas, items, colourOf) {
  const image = new ImageData(canvas.width, canvas.height);
  items.forEach((item, index) =>
    image.data.set([...colourOf(item, index), 255], 4 * index));
  canvas.getContext('2d').putImageData(image, 0, 0);
}
