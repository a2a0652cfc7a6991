// SPDX-License-Identifier: Apache-2.0
// What the figures mean, in words.

// A shard with less than this over its part is no matter, however sure it is
// that it is not chance: nodes are not sized any closer.
const MATTERS = 1.1;

// The spread that counts: by weight if keys have weights.
const shardSkewOf = (spread) => spread?.weightSkew ?? spread?.skew;

// What to say of keys: a leading word, if there is one, and what it means.
function keysVerdict({keys, keyCount}) {
  if (keyCount === 0n) return {text: 'No keys were counted.'};
  if (keyCount === 1n) return {text: 'One key says nothing of a spread.'};
  const shardSkew = shardSkewOf(keys.shards);
  const largest = real(shardSkew?.maxOverMean);
  if (shardSkew?.isSkewed && largest >= MATTERS) {
    return {
      lead: 'Uneven:',
      text: ` a shard holds ${formatRatio(largest)} times its part.`,
      isBad: true,
    };
  }
  if ((keys.slotWeightSkew ?? keys.slotSkew)?.isSkewed) {
    return {
      lead: 'Uneven:',
      text: ' some slots hold more than chance gives them' +
        `${keys.shards ? '; the shards are about even' : ''}.`,
      isBad: true,
    };
  }
  if (shardSkew?.isSkewed) {
    return {
      lead: 'Nearly even:',
      text: ' the shards differ by a little more than chance.',
    };
  }
  if (largest >= MATTERS) {
    return {
      lead: 'Uneven by chance:',
      text: ' so few keys, or so few heavy ones, cannot be spread evenly.',
    };
  }
  return {lead: 'Even:', text: ' the keys are spread as chance does it.'};
}

function slotsPoint({keys, isWeighted}) {
  const skew = keys.slotWeightSkew ?? keys.slotSkew;
  if (!skew) return null;
  const largest = formatRatio(real(skew.maxOverMean));
  return `The fullest slot holds ${largest} times the mean` +
    `${isWeighted ? ' weight' : ''}; chance alone gives ` +
    `${formatRatio(real(skew.uniformMaxOverMean))}.`;
}

function shardsPoint({keys}) {
  const spread = keys.shards;
  const fullest = spread?.shards?.[spread.fullestShard ?? 0];
  const skew = shardSkewOf(spread);
  if (!fullest || !skew) return null;
  return `${formatEndpoint(fullest.primary)} is full first, when ` +
    `${formatShare(real(spread.usableShare))} of the room of equal nodes is ` +
    `used. A shard holds up to ${formatRatio(real(skew.maxOverMean))} times ` +
    'what its share of the slots would give; chance alone gives ' +
    `${formatRatio(real(skew.uniformMaxOverMean))}.`;
}

function tagsPoint({keys, keyCount, weight, isWeighted}) {
  const tagged = integer(keys.taggedKeyCount);
  if (tagged === 0n) return 'No key has a hash tag.';
  const start =
    `${formatShare(shareOf(tagged, keyCount))} of the keys have a hash tag`;
  const [heaviest] = keys.heaviestTags ?? [];
  if (!heaviest) return `${start}.`;
  const part = formatShare(shareOf(integer(heaviest.weight), weight));
  return `${start}; the heaviest has ${part} of all ` +
    `${isWeighted ? 'weight' : 'keys'}, in slot ${heaviest.slot ?? 0}.`;
}

// The share of calls whose outcome is one of `fields`.
function callsShare(total, ...fields) {
  const calls = sum(fields.map((field) => integer(total[field])));
  return shareOf(calls, integer(total.calls));
}

// What to say of commands first.
function callsVerdict({total = {}}) {
  if (integer(total.calls) === 0n) return {text: 'No commands were counted.'};
  const refused = callsShare(total, 'refused');
  if (refused) {
    return {
      lead: 'Refused:',
      text: ` ${formatShare(refused)} of the calls.`,
      isBad: true,
    };
  }
  const several = callsShare(total, 'fanOut', 'split', 'emulated');
  return {
    lead: 'None refused:',
    text: several
      ? ` ${formatShare(several)} of the calls go to several slots or nodes.`
      : ' every call goes to one slot or any node.',
  };
}

function callsPoint({total = {}}) {
  if (integer(total.calls) === 0n) return null;
  const partOf = (...fields) => formatShare(callsShare(total, ...fields));
  return `Of ${formatCount(integer(total.calls), 'call', 'calls')}, ` +
    `${partOf('singleSlot', 'anyNode')} go to one slot or any node, ` +
    `${partOf('fanOut', 'split', 'emulated')} to several, and ` +
    `${partOf('refused')} are refused.`;
}

function whatIfPoint({keys}) {
  const spread = keys.whatIfShards;
  if (!spread) return null;
  const count = spread.shards?.length ?? 0;
  return `With ${formatCount(count, 'shard', 'shards')}, ` +
    `${formatShare(real(spread.usableShare))} of the room would be usable.` +
    (keys.whatIfMoves ? ` ${movesSentence(keys.whatIfMoves)}` : '');
}

function pointsOf(analysis) {
  const {keys, keyCount, workload} = analysis;
  const points = [];
  if (workload) {
    const {lead = '', text} = keysVerdict(analysis);
    points.push(callsPoint(workload), lead + text);
  }
  if (keyCount > 1n) points.push(shardsPoint(analysis), slotsPoint(analysis));
  if (keyCount > 0n) {
    points.push(tagsPoint(analysis),
      keys.shards ? unassignedSentence(keys.shards) : null,
      whatIfPoint(analysis));
  }
  return points.filter((point) => point !== null);
}

function showVerdict(analysis) {
  const {lead, text, isBad} = analysis.workload
    ? callsVerdict(analysis.workload) : keysVerdict(analysis);
  byId('verdict').append(
    element('p', {class: isBad ? 'verdict is-bad' : 'verdict'},
      lead ? element('strong', {}, lead) : null, text),
    element('ul', {class: 'points'},
      pointsOf(analysis).map((point) => element('li', {}, point))));
}
