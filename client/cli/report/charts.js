// SPDX-License-Identifier: Apache-2.0
// Bars, and how many slots have how many keys.

// A bar for `value` and a line for `mean`, both drawn to the scale of `most`.
function barElement(value, mean, most) {
  const fill = element('div', {class: value ? 'fill' : 'fill is-nothing'});
  fill.style.width = `${100 * shareOf(value, most)}%`;
  const line = element('div', {class: 'mean'});
  line.style.left = `${100 * (Number(most) ? mean / Number(most) : 0)}%`;
  return element('div', {class: 'track'}, fill, line);
}

// Bars end to end, each of the width of its share. `parts` are
// `{class, value}`.
function stackElement(parts) {
  const whole = sum(parts.map((part) => part.value));
  return element('div', {class: 'stack', 'aria-hidden': 'true'},
    parts.filter((part) => part.value).map((part) => {
      const bar = element('span', {class: part.class});
      bar.style.width = `${100 * shareOf(part.value, whole)}%`;
      return bar;
    }));
}

// The probability that a variable of the standard normal distribution is less
// than `x`; within 1e-7. Abramowitz and Stegun, formula 7.1.26.
function normalBelow(x) {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 +
    t * (-1.453152027 + t * 1.061405429)))) * Math.exp(-z * z) / 2;
  return x < 0 ? tail : 1 - tail;
}

// Beyond this mean, a Poisson distribution is as good as a normal one.
const MOST_POISSON = 400;

// The probability that chance gives a slot less than `count` keys if `mean` is
// the mean of all. With so many slots, the binomial distribution is Poisson's.
function chanceBelow(count, mean) {
  if (count <= 0) return 0;
  if (mean > MOST_POISSON) {
    return normalBelow((count - 0.5 - mean) / Math.sqrt(mean));
  }
  let probability = Math.exp(-mean);
  let below = 0;
  for (let k = 0; k < count && k < 4 * MOST_POISSON; ++k) {
    below += probability;
    probability *= mean / (k + 1);
  }
  return Math.min(below, 1);
}

const MOST_BINS = 40;

// How many slots have from `first` to `last` keys, and how many would by
// chance. The bins reach as far as chance does and all but 1 in 50 slots; what
// is beyond is in the first and the last.
function binsOf(keys) {
  const sorted = keys.map(Number).sort((a, b) => a - b);
  const mean = sorted.reduce((total, count) => total + count, 0) / SLOT_COUNT;
  const reach = 4 * Math.sqrt(mean) + 1;
  const beyond = Math.floor(SLOT_COUNT / 50);
  const first = Math.floor(Math.max(sorted[0],
    Math.min(sorted[beyond], mean - reach)));
  const last = Math.ceil(Math.min(sorted[SLOT_COUNT - 1] + 1,
    Math.max(sorted[SLOT_COUNT - 1 - beyond], mean + reach)));
  const width = Math.ceil((last - first + 1) / MOST_BINS);
  const count = Math.ceil((last - first + 1) / width);

  const bins = Array.from({length: count}, (_, index) => ({
    first: first + index * width,
    last: first + (index + 1) * width - 1,
    slots: 0,
  }));
  for (const load of sorted) {
    const index = Math.floor((load - first) / width);
    ++bins[Math.min(Math.max(index, 0), count - 1)].slots;
  }
  bins.forEach((bin, index) => {
    const below = index ? chanceBelow(bin.first, mean) : 0;
    const notAbove =
      index + 1 < count ? chanceBelow(bin.last + 1, mean) : 1;
    bin.chance = SLOT_COUNT * Math.max(notAbove - below, 0);
    bin.label = formatShort(bin.first);
  });
  if (sorted[0] < first) bins[0].label += ' or fewer';
  if (sorted[SLOT_COUNT - 1] > bins[count - 1].last) {
    bins[count - 1].label += ' or more';
  }
  return bins;
}

const SVG = 'http://www.w3.org/2000/svg';

function histogramElement(keys) {
  const bins = binsOf(keys);
  const most = Math.max(...bins.map((bin) => Math.max(bin.slots, bin.chance)));
  const bars = bins.map((bin) => {
    const bar = element('div', {'data-first': bin.first, 'data-last': bin.last,
      'data-slots': bin.slots});
    bar.style.height = `${100 * bin.slots / most}%`;
    bar.title = `${bin.label} keys: ${formatInteger(bin.slots)} slots, ` +
      `by chance ${formatInteger(Math.round(bin.chance))}`;
    return bar;
  });

  const chart = document.createElementNS(SVG, 'svg');
  chart.setAttribute('viewBox', `0 0 ${bins.length} 1`);
  chart.setAttribute('preserveAspectRatio', 'none');
  chart.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('d', `M${bins.map((bin, index) =>
    `${index + 0.5} ${1 - bin.chance / most}`).join('L')}`);
  chart.append(line);

  const labelled = bins.length < 3 ? [0, bins.length - 1]
    : [0, Math.floor(bins.length / 2), bins.length - 1];
  const ticks = [...new Set(labelled)].map((index) => {
    const tick = element('span', {}, bins[index].label);
    tick.style.left = `${100 * (index + 0.5) / bins.length}%`;
    return tick;
  });
  return element('figure', {class: 'histogram'},
    element('figcaption', {}, 'Slots by how many keys they have'),
    element('ul', {class: 'legend'},
      element('li', {}, element('span', {class: 'swatch key-bar'}), 'counted'),
      element('li', {}, element('span', {class: 'key-line'}), 'by chance')),
    element('div', {
      class: 'bins',
      role: 'img',
      'aria-label': 'How many slots have how many keys, and how many would ' +
        'by chance; the table above has it in figures',
    }, bars, chart),
    element('div', {class: 'ticks'}, ticks));
}
