// What every page can do with a script that it already does without.
'use strict';

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

// What finds, filters and sorts is fetched where there is a field or a list for it, or once someone wants to search.
let tools;
const fetchTools = () => (tools ??= new Promise((done) => {
  const { words, search } = document.body.dataset;
  for (const address of [words, search]) {
    const script = document.createElement('script');
    script.src = address;
    script.async = false;
    script.onload = () => address === search && done();
    document.head.append(script);
  }
}));

const startSearch = () => {
  if (document.querySelector('script[src*="search.js"]')) tools = Promise.resolve();
  const want = (event) => {
    if (tools || location.protocol === 'file:') return;
    event.preventDefault();
    document.body.dataset.wanted = 'search';
    fetchTools();
  };
  document.querySelector('[data-search-link]')?.addEventListener('click', want);
  addEventListener('keydown', (event) => {
    const typing = event.target.closest?.('input, select, textarea, [contenteditable]');
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) want(event);
  });
  if (document.querySelector('[data-find], [data-list]')) fetchTools();
};

// A page was made some time ago: where a desk is in reach, it says how things are now, and whether that is otherwise.
const startLive = async () => {
  const asset = document.querySelector('[data-live]');
  const { live, last } = asset?.dataset ?? {};
  const answer = live && await fetch(`${live}.json`, { credentials: 'include' }).catch(() => undefined);
  if (!answer?.ok) return;
  const { event, said } = await answer.json().catch(() => ({}));
  if (!said) return;
  const state = document.querySelector('.foot > p');
  if (state) state.textContent = said.as_of;
  if (event === last) return;
  const now = asset.querySelector('.now');
  const line = (name, text) => Object.assign(document.createElement('p'), { className: name, textContent: text });
  const more = line('since', '');
  more.append(Object.assign(document.createElement('a'), { href: live, textContent: said.more }));
  now.className = `now ${said.tone}`;
  now.setAttribute('role', 'status');
  now.replaceChildren(line('big', said.now), ...(said.line ? [line('', said.line)] : []), more);
  document.querySelectorAll('.do > a').forEach((link, place) => {
    const motion = said.motions[place];
    if (motion) Object.assign(link, { href: motion.href, textContent: motion.word });
    else link.remove();
  });
};

// A receipt of what was scanned: the scanner of this phone, where it is of the same origin, is told.
const startReceipt = () => {
  const link = document.querySelector('.desk .onward a[href*="/scan/?done="]');
  if (!link || link.origin !== location.origin) return;
  try {
    const list = new URLSearchParams(link.search).get('done');
    localStorage.setItem(`tagbook.scan:${link.pathname}done.${list}`, JSON.stringify(link.search));
  } catch {
    // The link says the same.
  }
};

// Where the desk is on the site's own origin, a worker keeps the register for where there is no network, and has motions
// wait there. What it has to say is shown by a script of its own, which nobody else needs.
const startOffline = () => {
  const { root, desk, offline, kept } = document.body.dataset;
  const workers = navigator.serviceWorker;
  const home = new URL(root, location.href).href;
  const at = desk && new URL(desk, location.href).href;
  if (!workers || (desk ? !at.startsWith(home) : !workers.controller)) return;
  if (desk) workers.register(`${home}sw.js?desk=${encodeURIComponent(new URL(at).pathname)}`, { scope: home }).catch(() => {});
  const show = async (motions) => {
    await fetchTools();
    const script = await import(`${home}static/offline.js?v=${offline ?? ''}`).catch(() => undefined);
    script?.show(motions, { home, ...globalThis.tagbook });
  };
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

startLive();
startOffline();
startWithoutServer();
startEnrolment();
startReceipt();
startForms();
startSearch();
