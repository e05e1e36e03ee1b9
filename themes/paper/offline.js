// What a phone shows where there is no network: a thing as it was, what waits to be sent, what was refused meanwhile.

// The page's own tools, the words of the site, and where its parts are.
let make;
let words;
let home;
let desk;

const kept = async (url) => (await caches.match(new URL(url, home), { ignoreVary: true }))?.json().catch(() => null);
const worker = async (errand) => (await navigator.serviceWorker.ready).active.postMessage(errand);

const learn = async (tools) => {
  ({ make, home } = tools);
  const page = await (await caches.match(`${home}offline/`, { ignoreVary: true }))?.text();
  const there = page && new DOMParser().parseFromString(page, 'text/html');
  words = (document.querySelector('#offline-words') ?? there?.querySelector('#offline-words'))?.dataset;
  if (!document.querySelector('#offline-words')) {
    const style = make('link', { rel: 'stylesheet', href: import.meta.url.replace('offline.js', 'offline.css') });
    document.head.append(style);
    await new Promise((done) => ['load', 'error'].forEach((event) => style.addEventListener(event, done)));
  }
  desk = new URL(document.body.dataset.desk ?? there?.body.dataset.desk ?? '', location).pathname;
};

// --- Words --------------------------------------------------------------------------------------

const filled = (pattern, fillings) => pattern.replace(/\{(\w+)\}/g, (_, name) => `\u2068${fillings[name]}\u2069`);

// A pattern of the site: what stands in brackets is left out where one of its fillings is absent.
const say = (name, fillings = {}) => {
  const isThere = (part) => [...part.matchAll(/\{(\w+)\}/g)].every(([, filling]) => fillings[filling]);
  return filled(words[name].replace(/\[([^\]]*)\]/g, (_, part) => (isThere(part) ? part : '')), fillings);
};

const count = (name, n) => words[`${name}${n === 1 ? 'One' : 'Many'}`].replace('{n}', n);
const wordOf = (kind) => words[`kind${kind[0].toUpperCase()}${kind.slice(1)}`] ?? kind;

// `today 10:14`, or `Wed 25 Nov 10:14`, where the register is.
const when = (instant) => {
  const options = { timeZone: words.zone, hourCycle: 'h23', weekday: 'short', year: 'numeric', month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit' };
  const format = new Intl.DateTimeFormat('en-US', options);
  const parts = (of) => Object.fromEntries(format.formatToParts(of).map(({ type, value }) => [type, value]));
  const [own, now] = [parts(instant), parts(Date.now())];
  const time = `${own.hour}:${own.minute}`;
  if (['year', 'month', 'day'].every((part) => own[part] === now[part])) return `${words.today} ${time}`;
  const weekday = words.weekdays.split(' ')[['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(own.weekday)];
  return `${weekday} ${own.day} ${words.months.split(' ')[own.month - 1]} ${time}`;
};

const chip = (word, tone) => make('span', { class: `chip ${tone}` }, word);
const text = (name, attributes, ...said) => make(name, { dir: 'auto', ...attributes }, ...said);
const button = (word, act) => {
  const made = make('button', { type: 'button' }, word);
  made.addEventListener('click', act);
  return made;
};

// --- What waits ---------------------------------------------------------------------------------

const isRefused = ({ state }) => state === 'refused';
const isWaiting = ({ state }) => state === 'waiting';

// `I have it now, CAM-0001`
const named = ({ kind, numbers }) => `${wordOf(kind)}, ${numbers.join(', ')}`;

// Below the bar of every page, as long as there is something.
const showCount = (motions) => {
  const parts = [[isWaiting, 'waiting', 'warn'], [isRefused, 'refused', 'bad']]
    .map(([is, name, tone]) => [motions.filter(is).length, name, tone])
    .filter(([n]) => n)
    .map(([n, name, tone]) => chip(count(name, n), tone));
  document.querySelector('#waits')?.parentElement.remove();
  if (parts.length) document.querySelector('.bar')?.after(make('nav', { 'aria-label': words.title }, make('a', { id: 'waits', href: `${home}offline/` }, ...parts)));
};

// What has just been sent, said once.
const showSent = (motions) => {
  const sent = motions.filter(({ state }) => state === 'sent');
  if (sent.length === 0 || document.hidden) return;
  const lines = sent.map((motion) => make('p', {}, make('b', {}, say('sent', { what: named(motion) }))));
  const isOwn = sent.some(({ numbers }) => numbers.includes(numberHere()));
  const acts = isOwn ? [make('p', { class: 'acts' }, make('a', { href: location.pathname }, words.now))] : [];
  document.querySelector('main').prepend(make('section', { class: 'now go', role: 'status' }, ...lines, ...acts));
  worker({ do: 'seen', ids: sent.map(({ id }) => id) });
};

// What waits is kept here, and no longer on the scanner's list: nothing is sent twice.
const tellScanner = (motions) => {
  const name = `tagbook.scan:${new URL('scan/', home).pathname}`;
  const listed = motions.filter(({ scanned }) => scanned && localStorage.getItem(name)?.includes(`"${scanned}"`));
  for (const { scanned } of listed) localStorage.setItem(`${name}done.${scanned}`, JSON.stringify(`?waits=yes&done=${scanned}`));
  // Of what a page itself stores it is not told.
  if (listed.length > 0) dispatchEvent(new StorageEvent('storage'));
};

// Thrown away only by whoever says so twice.
const dropping = (id, acts) => () => {
  const before = [...acts.childNodes];
  const sure = button(words.dropSure, () => worker({ do: 'drop', id }));
  acts.replaceChildren(sure, button(words.dropNot, () => acts.replaceChildren(...before)));
  sure.focus();
};

const asking = (motion, people) => {
  const id = `by-${motion.id}`;
  const select = make('select', { id }, ...options(people, ''));
  const chosen = button(words.thatIsMe, () => select.value && worker({ do: 'by', id: motion.id, by: select.value }));
  return make('div', { class: 'field' }, make('label', { for: id }, words.who), select, chosen);
};

const options = (people, chosen) => [['', words.whoNone], ...Object.entries(people)].map(([slug, name]) =>
  make('option', { value: slug, ...(slug === chosen ? { selected: '' } : {}) }, name));

const line = (motion, people) => {
  const { id, kind, numbers, name, at, said, reasons = [], state } = motion;
  const isOwn = numbers.includes(numberHere());
  const acts = make('div', { class: 'acts' });
  if (state === 'refused' && numbers.length === 1 && !isOwn) acts.append(make('a', { href: `${desk}/${numbers[0]}` }, words.now));
  if (state === 'refused' && !motion.isPartly) acts.append(button(words.again, () => worker({ do: 'again', id })));
  acts.append(button(words.drop, dropping(id, acts)));
  const tapped = at && say('tapped', { who: motion.who, at: when(at) });
  const why = reasons.map((reason) => text('p', { class: 'error' }, numbers.length > 1 && reason.number ? `${reason.number}: ` : '', reason.words));
  if (motion.isPartly) why.push(make('p', {}, words.partly));
  return make('li', { 'data-motion': id },
    ...(isOwn ? [] : [make('p', { class: 'numbers' }, ...numbers.map((number) => make('a', { class: 'n', href: `${home}${number}/` }, number)), ...(name ? [make('bdi', {}, name)] : []))]),
    make('p', { class: 'big' }, wordOf(kind)),
    ...said.map((value) => text('p', {}, words[value] ?? value)),
    ...(tapped ? [make('p', { class: 'small' }, tapped)] : []),
    ...why,
    ...(motion.why === 'by' || motion.isUnsaid ? [asking(motion, people)] : []),
    acts);
};

const listed = (title, hint, motions, people) => (motions.length === 0 ? [] : [
  make('section', {},
    make('h2', {}, title),
    ...(hint ? [make('p', { class: 'small' }, hint)] : []),
    make('ul', { class: 'waits' }, ...motions.map((motion) => line(motion, people)))),
]);

const notice = (tone, title, ...lines) => make('section', { class: `now ${tone}`, role: 'status' }, make('p', { class: 'big' }, title), ...lines);

// All that waits and all that was refused.
const lists = (motions, people) => {
  const [waits, refused] = [motions.filter(isWaiting), motions.filter(isRefused)];
  const made = [...listed(words.refusals, words.refusalsLine, refused, people), ...listed(words.waits, '', waits, people)];
  if (waits.some(({ why }) => why === 'enrol')) {
    const go = make('p', { class: 'acts' }, make('a', { href: `${desk}/enrol` }, words.enrolGo));
    made.unshift(notice('bad', words.enrol, make('p', {}, words.enrolLine), go));
  }
  return made;
};

const nothing = () => [make('p', { class: 'big' }, words.none), make('p', { class: 'soft' }, words.noneLine)];

// The page of all that waits. What was tapped last is told first.
const drawWaits = (main, motions, people) => {
  const last = motions.find(({ id, state }) => state === 'waiting' && String(id) === new URLSearchParams(location.search).get('kept'));
  const top = [];
  if (last) {
    const back = last.numbers.length === 1 ? [make('p', { class: 'acts' }, make('a', { href: `${home}${last.numbers[0]}/` }, words.toAsset))] : [];
    top.push(notice('warn', words.kept, make('p', {}, words.keptLine), ...back));
  }
  const all = lists(motions, people);
  main.replaceChildren(make('div', { class: 'list' },
    make('h1', {}, words.title), make('p', { class: 'sentence' }, words.line), ...top, ...(all.length ? all : nothing())));
};

// What is kept by the phone is not to be cleared away when room is short.
const askForRoom = () => {
  if (!new URLSearchParams(location.search).has('kept') || localStorage.getItem('tagbook-room')) return;
  localStorage.setItem('tagbook-room', 'asked');
  navigator.storage?.persist?.();
};

// --- A thing as it was --------------------------------------------------------------------------

const hidden = (name, value) => make('input', { type: 'hidden', name, value });

// What every motion sends along.
const form = (number, kind, asset, attributes, ...fields) => make('form', { method: 'post', action: `${desk}/${number}/${kind}`, ...attributes },
  hidden('last', asset.last ?? ''), hidden('nonce', crypto.randomUUID().replaceAll('-', '')),
  ...fields, make('button', { type: 'submit' }, wordOf(kind)));

// Who said last at this counter who they are.
const speaker = () => /(?:^|; )(?:__Host-)?tagbook_by=([a-z0-9-]+)/.exec(document.cookie)?.[1];

// At a counter, whoever taps says once who they are.
const askWho = (motions, people, person) => {
  const select = make('select', { id: 'who' }, ...options(people, person));
  motions.prepend(make('div', { class: 'field alone' }, make('label', { for: 'who' }, words.who), select));
  motions.addEventListener('submit', (event) => {
    if (select.value) {
      event.target.append(hidden('by', select.value));
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    select.focus();
  });
};

const writing = (kind, ...more) => {
  const id = `note-${kind}`;
  const label = kind === 'report' ? words.reportNote : words.noteNote;
  return [make('div', { class: 'field' }, make('label', { for: id }, label), make('textarea', { id, name: 'note', rows: '3', maxlength: '1500', required: '' })), ...more];
};

const severity = () => {
  const all = ['minor', 'major', 'unsafe'].map((value) => make('option', { value }, words[value]));
  return make('div', { class: 'field' }, make('label', { for: 'severity' }, words.severity), make('select', { id: 'severity', name: 'severity' }, ...all));
};

// What follows from what waits: who has tapped that they have it brings it back next.
const likely = (asset, waits) => {
  const last = waits.at(-1)?.kind;
  if (['have', 'checkout'].includes(last)) return ['back', 'audit'];
  return ['back', 'return'].includes(last) ? ['have', 'audit'] : asset.taps.slice(0, 3);
};

const motionsOf = (number, asset, waits) => {
  const kinds = likely(asset, waits);
  // Beside the first, which is as wide as the page, they stand in pairs.
  const width = (place) => (place === 0 ? { class: 'first' } : { class: place % 2 && place === kinds.length - 1 ? 'alone' : 'pair' });
  const taps = kinds.map((kind, place) => form(number, kind, asset, width(place)));
  const folded = (kind, ...fields) => {
    const isOpen = location.pathname.endsWith(`/${kind}`) ? { open: '' } : {};
    return make('details', isOpen, make('summary', {}, wordOf(kind)), form(number, kind, asset, { class: 'ask' }, ...fields));
  };
  const reports = asset.status === 'retired' ? [] : [folded('report', ...writing('report', severity()))];
  return make('nav', { class: 'do', 'aria-label': words.doLabel }, ...taps, ...reports, folded('note', ...writing('note')));
};

const section = (title, ...children) => make('section', {}, make('h2', {}, title), ...children);
const fact = ([word, value]) => make('div', {}, make('dt', {}, word), text('dd', {}, value));

const fault = ({ note, chip: [word, tone], line: who }) => make('li', {},
  make('p', {}, text('bdi', {}, note), ' ', chip(word, tone)), make('p', { class: 'small' }, who));

const row = (number, assets) => make('li', {},
  make('a', { class: 'n', href: `${home}${number}/` }, number),
  make('span', { class: 'what' }, make('bdi', {}, assets[number]?.name ?? ''), ' ', text('small', {}, assets[number]?.now ?? '')));

const drawAsset = (main, number, { assets, people }, waits, me) => {
  const asset = assets[number];
  document.title = `${number} ${asset.name}`;
  const { tone, status, chips = [], faults = [], facts = [], parts = [] } = asset;
  const motions = motionsOf(number, asset, waits);
  if (me?.counter) askWho(motions, people, speaker() ?? me.person);
  main.replaceChildren(make('article', { class: 'asset plain' },
    make('header', { class: 'head' },
      make('span', { class: 'tag' }, number), make('h1', {}, make('bdi', {}, asset.name)), text('p', { class: 'kind' }, asset.kind)),
    make('div', { class: 'lead' },
      make('section', { class: `now ${tone}`, 'data-status': status },
        text('p', { class: 'big' }, asset.now),
        ...(asset.line ? [text('p', {}, asset.line)] : []),
        ...(chips.length ? [make('p', { class: 'chips' }, ...chips.map(([word, own]) => chip(word, own)))] : [])),
      motions,
      ...(faults.length ? [section(words.openFaults, make('ul', { class: 'plain-list' }, ...faults.map(fault)))] : []),
      ...(facts.length ? [make('dl', { class: 'facts' }, ...facts.map(fact))] : []),
      ...(parts.length ? [section(words.parts, make('ul', { class: 'rows' }, ...parts.map((part) => row(part, assets))))] : []))));
};

// What the scanner has on its list, and what is to become of it.
const listHere = () => {
  const asked = new URLSearchParams(location.search);
  return location.pathname === `${desk}/batch` && asked.get('scanned') && asked.get('numbers') ? asked : null;
};

const drawList = (main, asked, { assets, people }, me) => {
  const numbers = asked.get('numbers').split(/\s+/).filter(Boolean);
  const said = ['kind', 'numbers', 'audit', 'location', 'scanned'].filter((name) => asked.get(name));
  const submit = make('button', { type: 'submit', class: 'first' }, words.record);
  const motions = make('nav', { class: 'do', 'aria-label': words.doLabel }, make('form', { method: 'post', action: `${desk}/batch`, class: 'first' },
    // Sent twice, it is the same.
    ...said.map((name) => hidden(name, asked.get(name))), hidden('nonce', asked.get('scanned')), submit));
  if (me?.counter) askWho(motions, people, speaker() ?? me.person);
  main.replaceChildren(make('div', { class: 'list' },
    make('h1', {}, wordOf(asked.get('kind'))), make('p', { class: 'sentence' }, words.line), motions,
    make('ul', { class: 'rows' }, ...numbers.map((number) => row(number, assets)))));
};

// A page of which nothing is kept: why, and what can be found in its place.
const drawAway = (main, title, hint, startSearch) => {
  const find = document.querySelector('#offline-find').content.cloneNode(true);
  const again = make('p', { class: 'acts' }, make('a', { href: location.pathname + location.search }, words.reload));
  main.replaceChildren(make('div', { class: 'list' }, make('h1', {}, title), make('p', { class: 'sentence' }, hint), again, find));
  startSearch(main.querySelector('[data-find]'));
};

// The number that the address speaks of.
const numberHere = () => {
  const path = `${location.pathname}/`;
  const own = path.startsWith(`${desk}/`) ? path.slice(desk.length + 1) : path.slice(new URL(home).pathname.length);
  const [number, kind] = own.split('/');
  const isNumber = /^[a-z0-9][a-z0-9-]{0,31}$/i.test(number) && !['me', 'batch', 'offline'].includes(number);
  return isNumber && (!kind || path.startsWith(`${desk}/`)) && /\d/.test(number) ? number.toUpperCase() : null;
};

const draw = (main, motions, { snapshot, me, startSearch }) => {
  const asked = listHere();
  const isKept = asked && motions.some(({ scanned }) => scanned === asked.get('scanned'));
  if (isKept || location.pathname === `${new URL(home).pathname}offline/`) {
    drawWaits(main, motions, snapshot?.people ?? {});
    askForRoom();
    return;
  }
  // What is typed into it is not to be drawn over.
  if (main.dataset.drawn) return;
  main.dataset.drawn = 'yes';
  const typed = numberHere();
  const number = snapshot?.aliases[typed] ?? typed;
  if (snapshot?.assets[number]) drawAsset(main, number, snapshot, motions.filter(({ numbers }) => numbers.includes(number)), me);
  else if (asked && snapshot) drawList(main, asked, snapshot, me);
  else if (!snapshot) drawAway(main, words.empty, words.emptyLine, startSearch);
  else if (number) drawAway(main, say('notThere', { number }), words.notThereLine, startSearch);
  else drawAway(main, words.away, words.awayLine, startSearch);
};

// What a page that was kept says first.
const showAge = () => {
  const time = Date.parse(document.body.dataset.kept);
  if (Number.isNaN(time) || document.querySelector('.age, #offline .list')) return;
  const said = say('asOf', { at: when(time) });
  const age = make('p', { class: 'age', role: 'status' }, make('span', {}, said), make('a', { href: location.pathname + location.search }, words.reload));
  document.querySelector('main').prepend(age);
};

// What waits about the thing that the page is of.
const showOwn = (motions, people) => {
  document.querySelector('#own-waits')?.remove();
  const number = numberHere();
  const own = motions.filter(({ state, numbers }) => state !== 'sent' && numbers.includes(number));
  if (own.length === 0) return;
  const made = make('div', { id: 'own-waits' }, ...lists(own, people));
  document.querySelector('.asset .lead .do, .desk .ask')?.before(made);
};

const showAll = async (motions, tools) => {
  if (!words) await learn(tools);
  if (!words) return;
  const [snapshot, me] = await Promise.all([kept('snapshot.json'), kept(`${desk}/me.json`)]);
  const main = document.querySelector('#offline');
  if (main) draw(main, motions, { snapshot, me, startSearch: tools.startSearch });
  showOwn(motions, snapshot?.people ?? {});
  showAge();
  showCount(motions);
  tellScanner(motions);
  showSent(motions);
};

// Says what there is to say on the page that is open. It is called again whenever that changes, and says it in that order.
let turn = Promise.resolve();
export const show = (motions, tools) => {
  turn = turn.then(() => showAll(motions, tools)).catch(() => {});
};
