// SPDX-License-Identifier: Apache-2.0
// The sections of the page. Each takes what it shows as it is in the JSON.

function fillSection(id, ...content) {
  byId(id).hidden = false;
  byId(`${id}-body`).append(...content.filter((child) => child !== null));
}

function showTotals(figures) {
  byId('totals').append(...figures.map((figure) =>
    element('div', {},
      element('dt', {}, figure.title),
      element('dd', {'data-figure': figure.name, 'data-value': figure.value},
        formatInteger(figure.value),
        figure.part ? element('span', {class: 'part'}, ` ${figure.part}`)
          : null))));
}

// The slots with the most of `measure`, as many as the analysis lists.
function fullestSlots(analysis, measure) {
  const given = analysis.keys.fullestSlots ?? [];
  if (measure === 'weight' || !analysis.isWeighted) {
    return given.map((load) => ({
      slot: load.slot ?? 0,
      keys: integer(load.keys),
      weight: integer(load.weight),
    }));
  }
  const {keys, weight} = analysis.loads;
  return Array.from(keys, (count, slot) => slot)
    .filter((slot) => keys[slot])
    .sort((a, b) => (keys[a] < keys[b] ? 1 : keys[a] > keys[b] ? -1 : a - b))
    .slice(0, given.length)
    .map((slot) => ({slot, keys: keys[slot], weight: weight[slot]}));
}

function showFullestSlots(analysis, measure) {
  const total = measure === 'weight' ? analysis.weight : analysis.keyCount;
  const rows = fullestSlots(analysis, measure);
  byId('fullest').replaceChildren(rows.length === 0
    ? note('No slot has a key.')
    : tableElement({
      name: 'slots',
      caption: 'The fullest slots',
      rows,
      columns: [
        {name: 'slot', title: 'Slot', show: (row) => String(row.slot)},
        ...analysis.ownerColumns,
        integerColumn('keys', 'Keys'),
        ...(analysis.isWeighted ? [integerColumn('weight', 'Weight')] : []),
        ratioColumn('ratio', '× mean', (row) =>
          SLOT_COUNT * shareOf(row[measure], total)),
      ],
    }));
}

const loadOf = (shard, measure) => integer(shard[measure]);

// `most`: what the longest bar stands for.
function shardTable(spread, {name, caption, analysis, measure, most}) {
  const shards = spread.shards ?? [];
  const total = sum(shards.map((shard) => loadOf(shard, measure)));
  const mean = shards.length ? Number(total) / shards.length : 0;
  const fullest = spread.fullestShard ?? 0;
  return tableElement({
    name,
    caption,
    rows: shards,
    mark: (_, index) => (index === fullest ? 'is-fullest' : ''),
    columns: [
      {
        name: 'shard',
        title: 'Shard',
        class: 'name',
        show: (shard, index) => [
          formatEndpoint(shard.primary),
          index !== fullest ? null
            : element('span', {class: 'sub'}, 'full first'),
        ],
      },
      {
        name: 'bar',
        title: element('span', {class: 'unseen'}, 'Bar'),
        class: 'bar',
        show: (shard) => barElement(loadOf(shard, measure), mean, most),
      },
      shareColumn('share', 'Share', (shard) =>
        shareOf(loadOf(shard, measure), total)),
      integerColumn('keys', 'Keys'),
      ...(analysis.isWeighted ? [integerColumn('weight', 'Weight')] : []),
      integerColumn('slots', 'Slots', (shard) => shard.slotCount),
    ],
  });
}

function usableSentence(spread) {
  if ((spread.fullestShard ?? 0) < 0) return null;
  return 'When the shard with the most is full, ' +
    `${formatShare(real(spread.usableShare))} of the room of equal nodes ` +
    'is used.';
}

function unassignedSentence(spread) {
  const keys = integer(spread.unassignedKeys);
  return keys ? `${formatCount(keys, 'key is', 'keys are')} in slots that ` +
    'have no owner.' : null;
}

function shardsNote(spread) {
  const text = [usableSentence(spread), unassignedSentence(spread)]
    .filter((sentence) => sentence !== null)
    .join(' ');
  return text ? note(text) : null;
}

function showShards(analysis, measure) {
  const {shards, whatIfShards, whatIfMoves} = analysis.keys;
  if (!shards && !whatIfShards) return;
  const most = [shards, whatIfShards]
    .flatMap((spread) => spread?.shards ?? [])
    .map((shard) => loadOf(shard, measure))
    .reduce((a, b) => (a > b ? a : b), 0n);
  const partOf = (spread, name, title, kind) => element('div', {class: kind},
    whatIfShards ? element('h3', {}, title) : null,
    shardTable(spread, {name, caption: title, analysis, measure, most}),
    shardsNote(spread));
  const now = shards
    ? partOf(shards, 'shards', 'As it is', 'now')
    : null;
  const whatIf = whatIfShards
    ? partOf(whatIfShards, 'what-if-shards', 'What if', 'what-if') : null;

  byId('shards').hidden = false;
  byId('shards-body').replaceChildren(
    note(`Bars show ${measure === 'weight' ? 'weights' : 'keys'}; the dashed ` +
      'line is the mean of the shards.' +
      (whatIfMoves ? ` ${movesSentence(whatIfMoves)}` : '')),
    now && whatIf ? element('div', {class: 'pair'}, now, whatIf)
      : now ?? whatIf);
}

function movesSentence(moves) {
  const weight = integer(moves.weight);
  const keys = integer(moves.keys);
  return `To get there, ${formatCount(moves.slots ?? 0, 'slot', 'slots')} ` +
    `with ${formatCount(keys, 'key', 'keys')}` +
    `${weight === keys ? '' : `, of weight ${formatInteger(weight)},`} ` +
    'would move.';
}

function showSkew(analysis) {
  const {keys, isWeighted, loads} = analysis;
  const rows = [
    ['slots.keys', 'Slots, keys', keys.slotSkew],
    ['slots.weight', 'Slots, weight', keys.slotWeightSkew],
    ['shards.keys', 'Shards, keys', keys.shards?.skew],
    ['shards.weight', 'Shards, weight', keys.shards?.weightSkew],
    ['what-if.keys', 'What if, keys', keys.whatIfShards?.skew],
    ['what-if.weight', 'What if, weight', keys.whatIfShards?.weightSkew],
  ].filter(([, , skew]) => skew)
    .map(([id, title, skew]) => ({id, title, ...skew}));
  if (analysis.keyCount === 0n || rows.length === 0) return;
  const skewColumn = (name, title) =>
    ratioColumn(name, title, (row) => real(row[name]));
  fillSection('skew', tableElement({
    name: 'skew',
    caption: 'How uneven it is, and how uneven chance makes it',
    rows,
    columns: [
      {
        name: 'what',
        title: 'What',
        class: 'label',
        show: (row) => element('span', {'data-skew': row.id},
          isWeighted ? row.title : row.title.replace(', keys', '')),
      },
      {
        name: 'isSkewed',
        title: 'Verdict',
        class: 'label',
        show: (row) => element('span', {'data-value': Boolean(row.isSkewed)},
          row.isSkewed ? element('strong', {}, 'skewed') : 'within chance'),
      },
      skewColumn('maxOverMean', 'Largest / mean'),
      skewColumn('uniformMaxOverMean', 'by chance'),
      skewColumn('coefficientOfVariation', 'Deviation / mean'),
      skewColumn('uniformCoefficientOfVariation', 'by chance'),
      skewColumn('deviations', 'Wider by, σ'),
    ],
  }));
  if (loads) byId('histogram').append(histogramElement(loads.keys));
}

function showTags(analysis) {
  const {keys, isWeighted, weight} = analysis;
  const tags = keys.heaviestTags ?? [];
  if (tags.length === 0) return;
  const error = integer(keys.tagError);
  fillSection('tags',
    error
      ? note(`Each may weigh up to ${formatInteger(error)} more than it says;` +
        ' a tag that is not here weighs no more than that.')
      : null,
    tableElement({
      name: 'tags',
      caption: 'The heaviest hash tags',
      rows: tags,
      columns: [
        {
          name: 'tag',
          title: 'Tag',
          class: 'text',
          show: (row) => bytesOrHidden(row.tag),
        },
        {name: 'slot', title: 'Slot', show: (row) => String(row.slot ?? 0)},
        ...analysis.ownerColumns,
        integerColumn('keys', 'Keys'),
        ...(isWeighted ? [integerColumn('weight', 'Weight')] : []),
        shareColumn('share', 'Share', (row) =>
          shareOf(integer(row.weight), weight)),
      ],
    }));
}

// The outcomes of a command: field, class of its colour, words.
const OUTCOMES = [
  ['singleSlot', 'single-slot', 'One slot'],
  ['anyNode', 'any-node', 'Any node'],
  ['fanOut', 'fan-out', 'Fanned out'],
  ['split', 'split', 'Split'],
  ['emulated', 'emulated', 'Emulated'],
  ['refused', 'refused', 'Refused'],
];

function showCommands(analysis) {
  const {workload} = analysis;
  if (!workload) return;
  const perCall = (field) => (row) =>
    shareOf(integer(row[field]), integer(row.calls));
  const rows = [
    ...(workload.total ? [{...workload.total, isTotal: true}] : []),
    ...(workload.commands ?? []),
  ];
  const hasWhatIf = rows.some((row) => integer(row.whatIfNodes));
  const nameOf = (row) => {
    if (row.isTotal) return 'All commands';
    return row.name ? element('code', {}, row.name)
      : element('span', {class: 'quiet'}, 'unknown');
  };
  fillSection('commands',
    element('ul', {class: 'legend'}, OUTCOMES.map(([, kind, title]) =>
      element('li', {}, element('span', {class: `swatch ${kind}`}), title))),
    tableElement({
      name: 'commands',
      caption: 'What became of the commands',
      rows,
      mark: (row) => (row.isTotal ? 'is-total' : ''),
      columns: [
        {name: 'name', title: 'Command', class: 'label', show: nameOf},
        {
          name: 'outcome',
          title: 'Outcome',
          class: 'bar',
          show: (row) => stackElement(OUTCOMES.map(([field, kind]) =>
            ({class: kind, value: integer(row[field])}))),
        },
        integerColumn('calls', 'Calls'),
        ...OUTCOMES.map(([field, , title]) => integerColumn(field, title)),
        ratioColumn('parts', 'Parts per call', perCall('parts')),
        ratioColumn('nodes', 'Nodes per call', perCall('nodes')),
        ...(hasWhatIf
          ? [ratioColumn('whatIfNodes', 'Nodes, what if',
            perCall('whatIfNodes'))]
          : []),
        integerColumn('maxParts', 'Most parts'),
        integerColumn('maxNodes', 'Most nodes'),
      ],
    }));
}

const WARNINGS = {
  TAG_WARNING_TOO_BROAD: 'All keys of this kind get into one slot.',
  TAG_WARNING_ACCIDENTAL_TAG: 'Braces that look like data decide the slot.',
};

function renamingElement(renaming, use) {
  if (!renaming.newKey) return null;
  const key = use.keys?.[renaming.key ?? 0];
  return element('li', {},
    ...(key ? [bytesElement(key), ' → '] : []), bytesElement(renaming.newKey));
}

function suggestionElement(suggestion, use) {
  const renamings = suggestion.renamings ?? [];
  const warnings = (suggestion.warnings ?? []).map((warning) =>
    element('li', {class: 'quiet'}, WARNINGS[warning] ?? warning));
  const heading = element('li', {},
    ...(suggestion.tag ? ['tag ', bytesElement(suggestion.tag), ', '] : []),
    `slot ${suggestion.slot ?? 0}, ` +
    formatCount(renamings.length, 'key renamed', 'keys renamed'));
  return element('ul', {class: 'lines'}, heading,
    renamings.map((renaming) => renamingElement(renaming, use)), warnings);
}

function suggestionsOf(use) {
  const [best, ...others] = use.suggestions ?? [];
  if (!best) return [element('p', {class: 'note'}, 'none')];
  const more = others.length === 0 ? null : element('details', {},
    element('summary', {}, formatCount(others.length, 'other', 'others')),
    others.map((other) => suggestionElement(other, use)));
  return [suggestionElement(best, use), more];
}

function useElement(use) {
  const keys = use.keyTemplates?.length
    ? element('ul', {class: 'lines'}, use.keyTemplates.map((key) =>
      element('li', {}, bytesElement(key))))
    : element('p', {class: 'note'}, 'hidden');
  const calls = integer(use.calls);
  return element('li',
    {'data-use': use.command ?? '', 'data-value': calls},
    element('h3', {}, element('code', {}, use.command ?? ''),
      element('span', {}, formatCount(calls, 'call', 'calls'))),
    element('div', {class: 'pair'},
      element('div', {}, element('h4', {}, 'Keys'), keys),
      element('div', {class: 'suggestions'},
        element('h4', {}, 'Names that share a slot'), suggestionsOf(use))));
}

function showUses({workload}) {
  if (!workload) return;
  const uses = workload.crossSlotUses ?? [];
  const error = integer(workload.useError);
  if (uses.length === 0) {
    fillSection('uses', note('No command used keys of several slots.'));
    return;
  }
  fillSection('uses',
    note('Keys that one call has together though they are in several slots.' +
      (error ? ` Calls may be up to ${formatInteger(error)} too low.` : '')),
    element('ol', {class: 'uses'}, uses.map(useElement)));
}

function showInput(analysis) {
  const stamp = analysis.workload?.topology ?? analysis.keys.shards?.topology;
  const formatFact = (value) => {
    if (typeof value === 'boolean') return value ? 'yes' : 'no';
    if (typeof value === 'number') return formatInteger(value);
    if (typeof value !== 'string') return JSON.stringify(value);
    return /^(0|[1-9]\d*)$/.test(value) ? formatInteger(BigInt(value)) : value;
  };
  const facts = Object.entries(analysis.input).map(([name, value]) =>
    [formatName(name), formatFact(value), value]);
  if (stamp?.version) facts.push(['Topology', stamp.version, stamp.version]);
  if (stamp?.confirmTime) {
    facts.push(
      ['Confirmed', formatTime(stamp.confirmTime), stamp.confirmTime]);
  }
  if (facts.length === 0) return;
  fillSection('input', element('table', {class: 'facts', 'data-table': 'input'},
    element('tbody', {}, facts.map(([title, text, value]) =>
      element('tr', {}, element('th', {scope: 'row'}, title),
        element('td', {'data-value': String(value)}, text))))));
}
