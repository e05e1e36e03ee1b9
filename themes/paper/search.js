// Finding, filtering, sorting: fetched by the pages that have something to find, or once someone wants to.
'use strict';

(() => {
const { root, wanted } = document.body.dataset;
// What is said here, in the language of the site.
const { words } = globalThis.tagbook;

// Small letters without accents, so that "zoe" finds "Zoë"; those that are no letter with an accent by what people type for them.
const TYPED = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' };
const fold = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/[ßæœøłđðþı]/g, (letter) => TYPED[letter]);

const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

// The table of all assets, fetched once, when someone first wants to search.
let table;
const fetchTable = () => {
  table ??= fetch(`${root}search.tsv`)
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(answer)))
    .then((text) => text.split('\n').slice(1).filter(Boolean).map((line) => {
      const cells = line.split('\t');
      const [number, name = '', status = '', holder = '', place = '', , , aliases = ''] = cells;
      return { number, name, status, holder, place, aliases: aliases.split(' ').filter(Boolean), text: fold(cells.join(' ')) };
    }))
    .catch(() => {
      // The next who wants it asks again.
      table = undefined;
      return [];
    });
  return table;
};

// However it is typed: without hyphens, with O for 0 and I or L for 1.
const plain = (text) => text.toUpperCase().replace(/[\s._-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');

// The one asset that a number, now or formerly its own, can mean.
const exactly = (rows, typed) => {
  // Whoever pastes a label's address, or scans it into the field, means what stands at its end.
  const upper = typed.trim().replace(/\/+$/, '').split('/').at(-1).toUpperCase();
  const exact = rows.find((row) => row.number === upper) ?? rows.find((row) => row.aliases.includes(upper));
  if (exact) return exact;
  const alike = rows.filter((row) => [row.number, ...row.aliases].some((number) => plain(number) === plain(upper)));
  return alike.length === 1 ? alike[0] : undefined;
};

// Every word must occur; what begins with the first word, by number or by name, comes first.
const matches = (rows, typed) => {
  const words = fold(typed).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const rank = (row) => {
    const number = row.number.toLowerCase();
    if (number === words.join('')) return 0;
    if (number.startsWith(words[0])) return 1;
    return fold(row.name).startsWith(words[0]) ? 2 : 3;
  };
  return rows
    .filter((row) => words.every((word) => row.text.includes(word)))
    .sort((a, b) => rank(a) - rank(b) || a.number.localeCompare(b.number, 'en'));
};

const MOST = 20;

// A combobox: what is typed filters, the arrows choose, Enter goes there.
const startSearch = (form) => {
  const input = form.querySelector('input');
  const list = make('div', { id: `${input.id}-hits`, class: 'hits', role: 'listbox', 'aria-label': input.labels[0]?.textContent ?? '', hidden: '' });
  const status = form.querySelector('[role=status]');
  let chosen = -1;

  const options = () => [...list.querySelectorAll('[role=option]')];
  const choose = (index) => {
    const all = options();
    chosen = all.length ? (index + all.length) % all.length : -1;
    all.forEach((option, place) => option.setAttribute('aria-selected', String(place === chosen)));
    if (all[chosen]) {
      input.setAttribute('aria-activedescendant', all[chosen].id);
      all[chosen].scrollIntoView({ block: 'nearest' });
    } else {
      input.removeAttribute('aria-activedescendant');
    }
  };
  const close = () => {
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    choose(-1);
    chosen = -1;
    input.removeAttribute('aria-activedescendant');
  };
  const option = (row, place) => make('a', {
    role: 'option', id: `${list.id}-${place}`, href: `${root}${row.number}/`, tabindex: '-1', 'aria-selected': 'false',
  }, make('span', { class: 'n' }, row.number), make('span', { class: 'name', dir: 'auto' }, row.name), make('small', { dir: 'auto' }, [row.status, row.holder].filter(Boolean).join(' · ')));

  const show = async () => {
    const typed = input.value;
    if (!typed.trim()) return close();
    const rows = await fetchTable();
    const exact = typed.includes('/') && exactly(rows, typed);
    const found = exact ? [exact] : matches(rows, typed);
    if (input.value !== typed) return;
    list.replaceChildren(...found.slice(0, MOST).map(option));
    if (found.length === 0) list.append(make('p', {}, words.search_none));
    status.textContent = found.length ? words.search_some.replace('{n}', found.length) : words.search_none;
    list.hidden = false;
    input.setAttribute('aria-expanded', 'true');
    chosen = -1;
    input.removeAttribute('aria-activedescendant');
  };

  const go = async () => {
    const picked = options()[chosen];
    if (picked && !list.hidden) return location.assign(picked.href);
    const typed = input.value.trim();
    if (!typed) return;
    const rows = await fetchTable();
    const first = exactly(rows, typed) ?? matches(rows, typed)[0];
    if (first) location.assign(`${root}${first.number}/`);
    else show();
  };

  const box = { role: 'combobox', 'aria-expanded': 'false', 'aria-controls': list.id, 'aria-autocomplete': 'list' };
  for (const [key, value] of Object.entries(box)) input.setAttribute(key, value);
  form.append(list);
  form.hidden = false;
  input.addEventListener('focus', fetchTable, { once: true });
  input.addEventListener('input', show);
  input.addEventListener('focus', () => input.value && show());
  form.addEventListener('focusout', (event) => form.contains(event.relatedTarget) || close());
  list.addEventListener('mousedown', (event) => event.preventDefault());
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    go();
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const last = options().length - 1;
      if (event.key === 'ArrowDown') choose(chosen + 1);
      else choose(chosen < 0 ? last : chosen - 1);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      if (list.hidden) form.closest('dialog')?.close();
      else close();
    }
  });
  return input;
};

const SEEKER = '<circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.5 21 21"/>';

// The field of the overview, for pages that have none.
const makeForm = () => {
  const icon = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [key, value] of Object.entries({ viewBox: '0 0 24 24', width: 22, height: 22, 'aria-hidden': true })) icon.setAttribute(key, value);
  icon.innerHTML = SEEKER;
  const id = 'palette-find';
  const close = make('button', { class: 'close', type: 'button' }, words.search_close);
  return make('form', { class: 'find', role: 'search' },
    make('label', { class: 'hidden', for: id }, words.search_label),
    make('input', { id, type: 'search', autocomplete: 'off', spellcheck: 'false', placeholder: words.search_hint }),
    make('button', { class: 'go-find', type: 'submit' }, icon, make('span', { class: 'hidden' }, words.search)),
    close,
    make('p', { class: 'hidden', role: 'status' }));
};

// On other pages than the overview the search opens over the page.
const startPalette = () => {
  const form = makeForm();
  const dialog = make('dialog', { class: 'palette', 'aria-label': words.search }, form);
  document.body.append(dialog);
  const input = startSearch(form);
  form.querySelector('.close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  return () => {
    dialog.showModal();
    input.select();
  };
};

const startAllSearch = () => {
  // Without a server there is no table to fetch.
  if (location.protocol === 'file:') return;
  const form = document.querySelector('main [data-find]');
  const link = document.querySelector('[data-search-link]');
  if (!form && !link) return;
  const input = form && startSearch(form);
  const open = form ? () => input.focus() : startPalette();
  if (wanted === 'search' || (form && location.hash === '#find')) open();
  link?.addEventListener('click', (event) => {
    event.preventDefault();
    open();
  });
  addEventListener('keydown', (event) => {
    const typing = event.target.closest?.('input, select, textarea, [contenteditable]');
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      open();
    }
  });
};

// A field to filter a list, a button for each of its states, an order.
const LONG = 8;

const startList = (list) => {
  const rows = [...list.children].map((element) => ({
    element,
    status: element.dataset.status,
    text: fold(element.textContent),
    number: element.querySelector('.n').textContent,
    name: fold(element.querySelector('.what').textContent),
  }));
  if (rows.length < LONG) return;
  const states = new Map(rows.map((row) => [row.status, row.element.dataset.word ?? row.status]));
  let status = '';

  const input = make('input', { type: 'search', 'aria-label': words.filter_label, placeholder: words.filter_hint });
  const order = make('select', { 'aria-label': words.sort_label });
  ['number', 'name', 'status'].forEach((key) => order.append(make('option', { value: key }, words[`sort_${key}`])));
  const empty = make('p', { class: 'soft', hidden: '' }, words.search_none);

  const apply = () => {
    const typed = fold(input.value).split(/\s+/);
    let shown = 0;
    for (const row of rows) {
      const fits = (!status || row.status === status) && typed.every((word) => row.text.includes(word));
      row.element.hidden = !fits;
      if (fits) shown += 1;
    }
    empty.hidden = shown > 0;
  };
  const arrange = () => {
    const key = order.value;
    rows.sort((a, b) => a[key].localeCompare(b[key], 'en', { numeric: true }) || a.number.localeCompare(b.number, 'en', { numeric: true }));
    list.append(...rows.map((row) => row.element));
  };
  const buttons = ['', ...states.keys()].map((value) => {
    const button = make('button', { type: 'button', 'aria-pressed': String(value === '') }, value ? states.get(value) : words.everything);
    button.addEventListener('click', () => {
      status = value;
      buttons.forEach((other) => other.setAttribute('aria-pressed', String(other === button)));
      apply();
    });
    return button;
  });
  input.addEventListener('input', apply);
  order.addEventListener('change', arrange);
  const tools = make('div', { class: 'tools' }, input, order, ...(states.size > 1 ? buttons : []));
  list.before(tools);
  list.after(empty);
};

// The scanner and the offline page find in the same way.
Object.assign(globalThis.tagbook, { exactly, fetchTable, make, startSearch });

startAllSearch();
document.querySelectorAll('[data-list]').forEach(startList);
})();
