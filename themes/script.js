// What pages can do with a script that they already do without: find, filter, sort.
'use strict';

const root = document.body.dataset.root;

// Small letters without accents, so that "zoe" finds "Zoë".
const fold = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

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
    .then((answer) => (answer.ok ? answer.text() : ''))
    .then((text) => text.split('\n').slice(1).filter(Boolean).map((line) => {
      const cells = line.split('\t');
      return { number: cells[0], name: cells[1] ?? '', status: cells[2] ?? '', text: fold(cells.join(' ')) };
    }))
    .catch(() => []);
  return table;
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
  }, make('span', { class: 'n' }, row.number), make('span', { class: 'name', dir: 'auto' }, row.name), make('small', {}, row.status));

  const show = async () => {
    const typed = input.value;
    if (!typed.trim()) return close();
    const found = matches(await fetchTable(), typed);
    if (input.value !== typed) return;
    list.replaceChildren(...found.slice(0, MOST).map(option));
    if (found.length === 0) list.append(make('p', {}, form.dataset.none));
    status.textContent = found.length ? form.dataset.some.replace('{n}', found.length) : form.dataset.none;
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
    // However it is typed: without hyphens, with O for 0 and I or L for 1.
    const plain = (text) => text.toUpperCase().replace(/[\s._-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
    const alike = rows.filter((row) => plain(row.number) === plain(typed));
    const exact = rows.find((row) => row.number === typed.toUpperCase()) ?? (alike.length === 1 ? alike[0] : undefined);
    const first = exact ?? matches(rows, typed)[0];
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

// On other pages than the overview the search opens over the page.
const startPalette = (link, template) => {
  const dialog = make('dialog', { class: 'palette', 'aria-label': link.textContent });
  dialog.append(template.content.cloneNode(true));
  document.body.append(dialog);
  const input = startSearch(dialog.querySelector('[data-find]'));
  dialog.querySelector('.close').addEventListener('click', () => dialog.close());
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
  const link = document.querySelector('[data-search]');
  const template = document.querySelector('#palette');
  let open;
  if (form) {
    const input = startSearch(form);
    open = () => input.focus();
    if (location.hash === '#find') input.focus();
  } else if (link && template) {
    open = startPalette(link, template);
  }
  if (!open) return;
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
  const { label, hint, all, none, sort, sorts } = list.dataset;
  const words = new Map(rows.map((row) => [row.status, row.element.dataset.word ?? row.status]));
  let status = '';

  const input = make('input', { type: 'search', 'aria-label': label, placeholder: hint });
  const order = make('select', { 'aria-label': sort });
  ['number', 'name', 'status'].forEach((key, place) => order.append(make('option', { value: key }, sorts.split('|')[place])));
  const empty = make('p', { class: 'soft', hidden: '' }, none);

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
  const buttons = ['', ...words.keys()].map((value) => {
    const button = make('button', { type: 'button', 'aria-pressed': String(value === '') }, value ? words.get(value) : all);
    button.addEventListener('click', () => {
      status = value;
      buttons.forEach((other) => other.setAttribute('aria-pressed', String(other === button)));
      apply();
    });
    return button;
  });
  input.addEventListener('input', apply);
  order.addEventListener('change', arrange);
  const tools = make('div', { class: 'tools' }, input, order, ...(words.size > 1 ? buttons : []));
  list.before(tools);
  list.after(empty);
};

// Opened from a folder, without a server, a link to a folder must name its page.
const startWithoutServer = () => {
  if (location.protocol !== 'file:') return;
  addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href]');
    if (link && link.protocol === 'file:' && link.pathname.endsWith('/')) link.pathname += 'index.html';
  }, true);
};

// The code of an enrolment link comes behind its #, which is sent to nobody: it is put where it would be typed.
const startEnrolment = () => {
  const input = document.querySelector('form.ask [name=code]');
  const code = decodeURIComponent(location.hash.slice(1));
  if (!input || !/^[0-9a-z-]{12,16}$/i.test(code)) return;
  input.value = code;
  history.replaceState(null, '', location.pathname + location.search);
};

// A form is sent once, however often its button is tapped.
const startForms = () => {
  addEventListener('submit', (event) => {
    const form = event.target;
    if (form.method !== 'post') return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = 'yes';
  });
  // Whoever comes back to it may send it again.
  addEventListener('pageshow', () => document.querySelectorAll('form[data-sent]').forEach((form) => delete form.dataset.sent));
};

// Where the desk is on the site's own origin, a worker keeps the register for where there is no network, and has motions
// wait there. What it has to say is shown by a script of its own, which nobody else needs.
const startOffline = () => {
  const { desk, offline, kept } = document.body.dataset;
  const workers = navigator.serviceWorker;
  const home = new URL(root, location.href).href;
  const at = desk && new URL(desk, location.href).href;
  if (!workers || (desk ? !at.startsWith(home) : !workers.controller)) return;
  if (desk) workers.register(`${home}sw.js?desk=${encodeURIComponent(new URL(at).pathname)}`, { scope: home }).catch(() => {});
  const show = (motions) => import(`${home}static/offline.js?v=${offline ?? ''}`).then((script) => script.show(motions, { home, make, startSearch }), () => {});
  const hello = () => workers.ready.then(({ active }) => active.postMessage({ do: 'hello' }));
  let isQuiet = kept === undefined && !document.querySelector('#offline');
  workers.addEventListener('message', ({ data: { motions } }) => {
    if (isQuiet && motions.length === 0) return;
    isQuiet = false;
    show(motions);
  });
  addEventListener('online', hello);
  addEventListener('pageshow', ({ persisted }) => persisted && hello());
  document.addEventListener('visibilitychange', () => document.hidden || hello());
  hello();
};

startWithoutServer();
startOffline();
startEnrolment();
startForms();
startAllSearch();
document.querySelectorAll('[data-list]').forEach(startList);
