// SPDX-License-Identifier: Apache-2.0
// Elements, made of nothing but text: no string ever becomes markup.

const byId = (id) => document.getElementById(id);

// A child that is null is left out.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== '') made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null));
  return made;
}

const note = (text) => element('p', {class: 'note'}, text);

const LONGEST_TEXT = 200;

function bytesElement(base64) {
  const characters = Array.from(textOfBytes(base64));
  const shown = characters.slice(0, LONGEST_TEXT).join('');
  const bytes = element('code', {class: 'bytes'}, shown);
  if (characters.length <= LONGEST_TEXT) return bytes;
  return element('span', {}, bytes, element('span', {class: 'sub'},
    `and ${formatInteger(characters.length - LONGEST_TEXT)} more characters`));
}

// Bytes that may be left out because keys are not to be shown.
const bytesOrHidden = (base64) =>
  base64 ? bytesElement(base64) : element('span', {class: 'quiet'}, 'hidden');

// Lets whoever has no pointer scroll what does not fit.
const overflows = new ResizeObserver((entries) => {
  for (const {target} of entries) {
    const isCut = target.scrollWidth > target.clientWidth ||
      target.scrollHeight > target.clientHeight;
    if (isCut) target.tabIndex = 0;
    else target.removeAttribute('tabindex');
  }
});

const LONG_TABLE = 24;

// A table called `name`. Each column has a `title` and `show(row, index)`: what
// its cells hold. A column of numbers has `value(row)`, too: the exact figure.
// `mark(row, index)` gives the class of a row.
function tableElement({name, caption, columns, rows, mark = () => ''}) {
  const cellOf = (column, row, index) => {
    const attributes = {class: column.class ?? '', 'data-column': column.name};
    if (column.value) {
      const value = column.value(row);
      attributes.class = value ? 'number' : 'number quiet';
      attributes['data-value'] = value;
    }
    const isFirst = column === columns[0];
    if (isFirst) attributes.scope = 'row';
    return element(isFirst ? 'th' : 'td', attributes, column.show(row, index));
  };
  const table = element('table', {'data-table': name},
    element('caption', {class: 'unseen'}, caption),
    element('thead', {}, element('tr', {}, columns.map((column) =>
      element('th', {
        scope: 'col',
        class: column.value ? 'number' : column.class ?? '',
      }, column.title)))),
    element('tbody', {}, rows.map((row, index) =>
      element('tr', {class: mark(row, index)},
        columns.map((column) => cellOf(column, row, index))))));
  const scroll = element('div', {
    class: rows.length > LONG_TABLE ? 'scroll is-long' : 'scroll',
    role: 'region',
    'aria-label': caption,
  }, table);
  overflows.observe(scroll);
  return scroll;
}

// A column of integers: a field of the rows.
const integerColumn = (name, title, read = (row) => row[name]) => ({
  name,
  title,
  value: (row) => integer(read(row)),
  show: (row) => formatInteger(integer(read(row))),
});

const ratioColumn = (name, title, read) => ({
  name,
  title,
  value: read,
  show: (row) => formatRatio(read(row)),
});

const shareColumn = (name, title, read) => ({
  name,
  title,
  value: read,
  show: (row) => formatShare(read(row)),
});
