// SPDX-License-Identifier: Apache-2.0
// Reads the JSON and fills the page.

// The keys and the weight of each slot.
function loadsOf(counts) {
  const keys = Array(SLOT_COUNT).fill(0n);
  const weight = Array(SLOT_COUNT).fill(0n);
  const weights = counts.weights ?? [];
  (counts.slots ?? []).forEach((slot, index) => {
    keys[slot] = integer(counts.keys?.[index]);
    weight[slot] = weights.length ? integer(weights[index]) : keys[slot];
  });
  return {keys, weight};
}

// The name of the owner of each slot, or null if that is not known.
function ownersOf(topology) {
  if (!topology?.shards) return null;
  const owners = Array(SLOT_COUNT).fill(undefined);
  for (const shard of topology.shards) {
    const name = formatEndpoint(shard.primary);
    for (const range of shard.slotRanges ?? []) {
      owners.fill(name, range.first ?? 0, (range.last ?? 0) + 1);
    }
  }
  return owners;
}

function readAnalysis(text) {
  const {keys: keysOnly, workload, input = {}, topology} = JSON.parse(text);
  const keys = workload?.keys ?? keysOnly ?? {};
  const owners = ownersOf(topology);
  return {
    keys,
    workload,
    input,
    owners,
    keyCount: integer(keys.keyCount),
    weight: integer(keys.weight),
    isWeighted: Boolean(keys.slotWeightSkew ?? keys.counts?.weights?.length),
    loads: keys.counts ? loadsOf(keys.counts) : null,
    ownerColumns: owners
      ? [{
        name: 'owner',
        title: 'Owner',
        class: 'owner',
        show: (row) => owners[row.slot ?? 0] ?? 'none',
      }]
      : [],
  };
}

function totalsOf({keys, keyCount, weight, isWeighted, loads, workload}) {
  const filled = loads ? loads.keys.filter((count) => count).length : 0;
  const tagged = integer(keys.taggedKeyCount);
  const figures = [
    {name: 'keys', title: 'Keys', value: keyCount},
    {
      name: 'taggedKeys',
      title: 'With a hash tag',
      value: tagged,
      part: formatShare(shareOf(tagged, keyCount)),
    },
  ];
  if (workload) {
    figures.unshift({
      name: 'calls',
      title: 'Calls',
      value: integer(workload.total?.calls),
    });
  }
  if (isWeighted) {
    figures.push({name: 'weight', title: 'Weight', value: weight});
  }
  if (loads) {
    figures.push({
      name: 'slots',
      title: 'Slots with keys',
      value: filled,
      part: `of ${formatInteger(SLOT_COUNT)}`,
    });
  }
  const shards = keys.shards?.shards;
  if (shards) {
    figures.push({name: 'shards', title: 'Shards', value: shards.length});
  }
  return figures;
}

function showPage() {
  const analysis = readAnalysis(byId('analysis').textContent);
  showVerdict(analysis);
  showTotals(totalsOf(analysis));
  showSkew(analysis);
  showTags(analysis);
  showCommands(analysis);
  showUses(analysis);
  showInput(analysis);

  const slotMap =
    analysis.loads
      ? new SlotMap(analysis.loads,
        analysis.isWeighted ? ['keys', 'weight'] : ['keys'], analysis.owners)
      : null;
  const showMeasure = (measure) => {
    slotMap?.show(measure);
    showFullestSlots(analysis, measure);
    showShards(analysis, measure);
  };
  byId('slots').hidden = !slotMap;
  byId('measure').hidden = !analysis.isWeighted;
  const fullest = analysis.keys.fullestSlots?.[0]?.slot ?? 0;
  slotMap?.select(fullest);
  const measure = analysis.isWeighted ? 'weight' : 'keys';
  for (const choice of document.querySelectorAll('[name=measure]')) {
    choice.checked = choice.value === measure;
    choice.addEventListener('change', () => showMeasure(choice.value));
  }
  showMeasure(measure);
}

showPage();
