// Stands before the site and its desk: keeps what was seen and the register for where there is no network, and has
// motions wait there until they can be sent, each once, with the time of the tap.
'use strict';

const home = registration.scope;
const desk = new URL(location.href).searchParams.get('desk');
const called = (part) => `tagbook ${home} ${part}`;

// What is kept: the offline page with its style and scripts; pages and pictures that were seen; the register.
const SHELL = called('shell');
const PAGES = called('pages');
const FILES = called('files');
const REGISTER = called('register');
const MOST = { [PAGES]: 60, [FILES]: 60 };

const OFFLINE = `${home}offline/`;
const SCANNER = `${home}scan/`;
const SNAPSHOT = `${home}snapshot.json`;
const SEARCH = `${home}search.tsv`;
const ABOUT = `${home}tagbook.json`;
const ME = new URL(`${desk}/me.json`, home).href;

const MINUTE = 60_000;
// How long a page may keep whoever waits for it, where something can be shown in its place; and how long a tap.
const LATE = 3_000;
const TOO_LATE = 12_000;
// What the sending of a motion may take, on a line that is slow.
const AT_MOST = 30_000;
// And one with photos: the desk waits two minutes for them.
const WITH_PHOTOS = 130_000;
// Bytes of the register for whose sake one waits another minute before it is fetched again.
const A_MINUTES_WORTH = 200_000;

const later = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });
const random = () => crypto.randomUUID().replaceAll('-', '');
// What a proxy says while nobody stands behind it.
const isAway = ({ status }) => [502, 503, 504].includes(status);

// The parts of a path below the desk; none of any other.
const atDesk = ({ pathname }) => (pathname.startsWith(`${desk}/`) ? pathname.slice(desk.length + 1).split('/').filter(Boolean) : []);

// The number that a page is about, whether there is such a thing or not.
const numberOf = (url) => {
  const own = atDesk(url);
  const [number, ...rest] = own.length ? own : url.href.slice(home.length).split(/[?#]/)[0].split('/').filter(Boolean);
  const isOne = /^[a-z0-9][a-z0-9-]{0,31}$/i.test(number ?? '') && (rest.length === 0 || (own.length === 2));
  return isOne ? number.toUpperCase() : null;
};

// --- What is kept -------------------------------------------------------------------------------

const keep = async (part, key, answer) => {
  const cache = await caches.open(part);
  if (!MOST[part]) return cache.put(key, answer);
  // What was kept last is the last to go.
  await cache.delete(key);
  await cache.put(key, answer);
  const keys = await cache.keys();
  return Promise.all(keys.slice(0, -MOST[part]).map((old) => cache.delete(old)));
};

const kept = async (part, key, how) => (await caches.open(part)).match(key, { ignoreVary: true, ...how });

// What whoever is no colleague may not see. What waits to be sent stays, and so does the page that shows it.
const forget = () => Promise.all([PAGES, FILES, REGISTER].map((part) => caches.delete(part)));

// The offline page and the scanner, with all that they need.
const keepShell = async () => {
  const page = await fetch(OFFLINE, { cache: 'no-cache' });
  if (!page.ok || page.redirected) throw new Error('there is no offline page');
  const text = await page.clone().text();
  const script = /data-offline="([^"]+)"/.exec(text)[1];
  const scanner = await fetch(SCANNER, { cache: 'no-cache' });
  const texts = text + (scanner.ok ? await scanner.clone().text() : '');
  const needs = [...new Set([...texts.matchAll(/"\.\.\/(static\/[^"]+)"/g)].map(([, path]) => home + path))];
  needs.push(`${home}static/offline.js?v=${script}`);
  const shell = await caches.open(SHELL);
  await shell.addAll(needs);
  await shell.put(OFFLINE, page);
  // It names places, which are nobody else's business.
  if (scanner.ok && !scanner.redirected) await keep(REGISTER, SCANNER, scanner);
  const old = (await shell.keys()).filter(({ url }) => ![OFFLINE, ...needs].includes(url));
  await Promise.all(old.map((one) => shell.delete(one)));
};

const fetched = (url) => fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(AT_MOST) }).catch(() => null);

// Whoever holds the phone, as the desk knows them. The desk's clock says when.
const meet = async () => {
  const answer = await fetched(ME);
  if (answer?.status === 401) await forget();
  return answer;
};

let looked = 0;

// Looks whether the phone still belongs to a colleague, and whether the register that is kept is the newest.
const look = async (isUrgent) => {
  if (!isUrgent && Date.now() - looked < MINUTE) return;
  looked = Date.now();
  const me = await meet();
  const about = me?.ok ? await fetched(ABOUT) : null;
  if (!about?.ok) return;
  const now = await about.clone().text();
  if (JSON.parse(now).audience !== 'team') {
    await forget();
    return;
  }
  const before = await (await kept(REGISTER, ME))?.json();
  // What one colleague saw is not for the next one on this phone.
  if (before && before.person !== (await me.clone().json()).person) await caches.delete(PAGES);
  await keep(REGISTER, ME, me);
  const [old, snapshot] = await Promise.all([kept(REGISTER, ABOUT), kept(REGISTER, SNAPSHOT)]);
  if (!snapshot || await old?.text() !== now) {
    const size = Number(snapshot?.headers.get('x-size'));
    const isYoung = Date.now() - Number(snapshot?.headers.get('x-at')) < MINUTE * (size / A_MINUTES_WORTH);
    if (snapshot && isYoung && !isUrgent) return;
    await keepRegister();
  }
  await keep(REGISTER, ABOUT, about);
};

const keepRegister = async () => {
  const [snapshot, search] = await Promise.all([fetched(SNAPSHOT), fetched(SEARCH)]);
  if (!snapshot?.ok || !search?.ok) throw new Error('the register cannot be fetched');
  const text = await snapshot.text();
  const headers = { 'content-type': 'application/json', 'x-at': Date.now(), 'x-size': text.length };
  await keep(REGISTER, SNAPSHOT, new Response(text, { headers }));
  await keep(REGISTER, SEARCH, search);
  await keepShell();
};

// The line of the snapshot about an asset; none where there is none.
const lineOf = async (number) => {
  const text = number && await (await kept(REGISTER, SNAPSHOT))?.text();
  const from = text ? text.indexOf(`\n"${number}":`) : -1;
  if (from >= 0) return text.slice(from + 1, text.indexOf('\n', from + 1));
  return text?.slice(0, text.indexOf('\n')).includes(`"${number}":"`) ? '' : null;
};

// --- Pages --------------------------------------------------------------------------------------

// A page is kept as it is, where it is one of the team's.
const keepPage = async (url, answer) => {
  if (answer.type !== 'basic' || answer.redirected || !(answer.headers.get('content-type') ?? '').startsWith('text/html')) return;
  const text = await answer.text();
  if (answer.status === 401 || !text.includes(' data-offline="')) {
    await look(true);
    return;
  }
  const own = atDesk(url);
  const isOfDesk = own.length > 0;
  const isLasting = !isOfDesk || ['me', 'batch'].includes(own[0]) || numberOf(url);
  if (!answer.ok || url.search || url.href === OFFLINE || !isLasting || ['enrol', 'ask', 'approve'].includes(own[0])) return;
  await keep(PAGES, url.href, new Response(text, { headers: answer.headers }));
};

// The pages that were open before the worker was there.
const keepOpen = async () => {
  const open = await clients.matchAll();
  await Promise.all(open.map(async ({ url }) => keepPage(new URL(url), await fetch(url)).catch(() => {})));
};

// What is shown of a kept page: when it was kept, and forms that nobody has sent.
const shown = (text, at, headers) => {
  const fresh = text.replace('<body ', `<body data-kept="${at}" `).replace(/(name="nonce" value=")[^"]*/g, (_, before) => before + random());
  const own = new Headers(headers);
  for (const name of ['content-length', 'content-encoding']) own.delete(name);
  return new Response(fresh, { headers: own });
};

// Where a page can have been kept: all addresses of an asset show the same.
const addresses = (url, number) => {
  const plain = url.href.split('#')[0];
  const own = atDesk(url);
  if (!number || own.length === 2) return [plain];
  return [plain, ...[`${home}${number}/`, `${home}${number}`, new URL(`${desk}/${number}`, home).href].filter((one) => one !== plain)];
};

const keptPage = async (url, number) => {
  const all = await Promise.all(addresses(url, number).map((one) => kept(PAGES, one)));
  const [page] = all.filter(Boolean).sort((a, b) => Date.parse(b.headers.get('date')) - Date.parse(a.headers.get('date')));
  if (!page) return null;
  const text = await page.text();
  // Something has happened to it since, of which the snapshot knows.
  const last = number && /"last":"([^"]+)"/.exec(await lineOf(number) ?? '')?.[1];
  if (last && !text.includes(last) && atDesk(url).length < 2) return null;
  // A page of an asset may be shown at another of its addresses.
  return shown(number ? text.replaceAll('"../', `"${new URL(home).pathname}`) : text, page.headers.get('date'), page.headers);
};

const offlinePage = async (address = OFFLINE) => {
  const page = await kept(address === OFFLINE ? SHELL : REGISTER, address);
  if (!page) return null;
  const at = (await kept(REGISTER, ABOUT))?.headers.get('date') ?? '';
  return shown((await page.text()).replaceAll('"../', `"${new URL(home).pathname}`), at, page.headers);
};

// What can be shown of a page without asking anybody.
const inItsPlace = async (url) => {
  const [address] = url.href.split(/[?#]/);
  if ([OFFLINE, SCANNER].includes(address)) return offlinePage(address);
  if (atDesk(url)[0] === 'batch' && url.searchParams.has('scanned')) return offlinePage();
  const number = numberOf(url);
  // What is likely next follows from what waits, of which a kept page knows nothing.
  const isUnchanged = atDesk(url).length === 2 || !(await waiting()).some(({ numbers }) => numbers.includes(number));
  const page = isUnchanged && await keptPage(url, number);
  if (page) return page;
  return number && await lineOf(number) !== null ? offlinePage() : null;
};

const page = async (event, url) => {
  const network = (async () => {
    const answer = await event.preloadResponse || await fetch(event.request);
    event.waitUntil(keepPage(url, answer.clone()).then(() => look(false)).catch(() => {}));
    return answer;
  })();
  const first = await Promise.race([network.catch(() => null), later(LATE)]);
  const isTheirs = first && url.href.split(/[?#]/)[0] === OFFLINE && first.status === 404;
  if (first && !isAway(first) && !isTheirs) return first;
  return await inItsPlace(url) ?? first ?? network.catch(async () => await offlinePage() ?? Response.error());
};

// A file of the theme, which the desk has at an address of its own. Where its address changes with it, it is asked for once.
const file = async (event, url) => {
  const key = url.href.replace(new URL(`${desk}/static/`, home).href, `${home}static/`);
  const own = url.search && await kept(SHELL, key);
  if (own) return own;
  const answer = await fetch(event.request).catch(() => null);
  if (answer?.ok) event.waitUntil(keep(SHELL, key, answer.clone()));
  return answer?.ok ? answer : await kept(SHELL, key, { ignoreSearch: true }) ?? answer ?? Response.error();
};

// What may change is asked for each time.
const newest = async (event, part) => {
  const answer = await fetch(event.request).catch(() => null);
  if (answer?.ok && part === FILES) event.waitUntil(keep(part, event.request, answer.clone()));
  return answer?.ok ? answer : await kept(part, event.request) ?? answer ?? Response.error();
};

// --- What waits ---------------------------------------------------------------------------------

const queue = async (mode, act) => {
  const db = await new Promise((done, fail) => {
    const opening = indexedDB.open(called('queue'), 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('motions', { keyPath: 'id', autoIncrement: true });
    opening.onsuccess = () => done(opening.result);
    opening.onerror = () => fail(opening.error);
  });
  try {
    return await new Promise((done, fail) => {
      const work = db.transaction('motions', mode, { durability: 'strict' });
      const asked = act(work.objectStore('motions'));
      work.oncomplete = () => done(asked.result);
      work.onabort = () => fail(work.error);
    });
  } finally {
    db.close();
  }
};

const all = () => queue('readonly', (motions) => motions.getAll());
const put = (motion) => queue('readwrite', (motions) => motions.put(motion));
// What was thrown away meanwhile stays away.
const change = (id, factsOf) => queue('readwrite', (motions) => {
  const asked = motions.get(id);
  asked.onsuccess = () => {
    const facts = asked.result && factsOf(asked.result);
    if (facts) motions.put({ ...asked.result, ...facts });
  };
  return asked;
});
const drop = (id) => queue('readwrite', (motions) => motions.delete(id));
const waiting = async () => (await all()).filter(({ state }) => state === 'waiting');

// A motion as pages show it. What only the desk wants to know is left out.
const told = ({ fields, ...motion }) => {
  const said = fields.filter(([name, value]) => value && !/^(last|nonce|by|kind|numbers|ticked|scanned|rest|return_to|with\..*|has\..*)$/.test(name));
  return { ...motion, said: said.map(([, value]) => value.name ?? value) };
};

const tell = async (...to) => {
  const motions = (await all()).map(told);
  const everybody = to.length ? to : await clients.matchAll({ includeUncontrolled: true });
  for (const client of everybody) client.postMessage({ motions });
};

const isMotion = (url) => {
  const [number, kind, ...rest] = atDesk(url);
  if (number === 'batch') return !kind;
  return Boolean(kind) && rest.length === 0 && number !== 'receipt' && !['tell', 'claim', 'tie'].includes(kind);
};

// Whose tap it was, so that the desk can say no where the phone is somebody else's by then.
const speaker = async () => {
  const me = await (await kept(REGISTER, ME))?.json();
  const spoke = me?.counter && await self.cookieStore?.get('tagbook_by');
  return { by: spoke?.value || me?.person || '', isCounter: Boolean(me?.counter) };
};

// What a person and a thing are called, for whoever reads of a motion when the register is kept no longer.
const names = async (by, numbers) => {
  const head = (await (await kept(REGISTER, SNAPSHOT))?.text())?.split('\n', 1)[0];
  const who = (head && JSON.parse(`${head}}}`).people[by]) ?? by;
  const line = numbers.length === 1 && await lineOf(numbers[0]);
  return { who, name: line ? JSON.parse(`{${line.replace(/,$/, '')}}`)[numbers[0]].name : '' };
};

// Fields that say the same.
const alike = (fields) => JSON.stringify(fields.map(([name, value]) => [name, value.size ?? value]));

const keepMotion = async (url, form, at) => {
  const fields = [...form].filter(([, value]) => !(value instanceof Blob && value.size === 0));
  const value = (name) => fields.find(([own]) => own === name)?.[1];
  if (!value('nonce')) fields.push(['nonce', random()]);
  const { by, isCounter } = await speaker();
  const others = fields.filter(([name]) => name !== 'by');
  const who = value('by') || by;
  const [number, kind] = atDesk(url);
  const numbers = kind ? [number.toUpperCase()] : numbersOf(fields);
  const motion = {
    ...await names(who, numbers),
    url: url.pathname,
    fields: who ? [...others, ['by', who]] : others,
    numbers,
    kind: kind ?? value('kind') ?? value('rest') ?? 'batch',
    isUnsaid: isCounter && !who,
    // The list of the scanner's that it was.
    scanned: value('scanned'),
    at,
    state: 'waiting',
  };
  // The same form, sent again before it was known that it waits.
  const same = (await all()).find((other) => other.url === motion.url && alike(other.fields) === alike(motion.fields));
  return same?.id ?? put(motion);
};

const numbersOf = (fields) => {
  const listed = fields.filter(([name]) => name === 'numbers').flatMap(([, value]) => value.split(/[\s,;]+/));
  const each = fields.filter(([name, value]) => name.startsWith('item.') && value).map(([name]) => name.slice(5));
  return [...listed, ...each].filter(Boolean);
};

// A motion goes to the desk as ever; where nobody answers it waits.
const record = async (event, url) => {
  const at = Date.now();
  const form = await event.request.clone().formData();
  // What was tapped before goes before.
  if ((await waiting()).length) await Promise.race([send(), later(TOO_LATE)]);
  const isBehind = (await waiting()).some(({ why }) => !why);
  const answer = isBehind ? null : await Promise.race([fetch(event.request).catch(() => null), later(TOO_LATE)]);
  if (answer && !isAway(answer)) {
    looked = 0;
    return answer;
  }
  const id = await keepMotion(url, form, at);
  event.waitUntil(Promise.all([registration.sync?.register('send').catch(() => {}), tell()]));
  return Response.redirect(`${OFFLINE}?kept=${id}`, 303);
};

// --- Sending ------------------------------------------------------------------------------------

// One sends at a time, however many ask for it.
const send = () => navigator.locks.request(called('sending'), async () => {
  const motions = await waiting();
  if (motions.length === 0) return;
  const began = Date.now();
  const me = await meet();
  if (!me || (!me.ok && me.status !== 401)) return;
  const why = me.status === 401 ? 'enrol' : undefined;
  const skew = skewOf(me, began);
  for (const { id } of motions) {
    // It may have been thrown away, or somebody may have said who they are, while another was sent.
    const motion = (await waiting()).find((one) => one.id === id);
    if (!motion) continue;
    motion.why = why ?? (motion.isUnsaid ? 'by' : undefined);
    await change(id, () => ({ why: motion.why }));
    if (motion.why) continue;
    if (!await sendOne(motion, skew)) break;
  }
  await tell();
});

// What was recorded stands in the register that is built a moment later.
const sendAndLook = async () => {
  await send();
  if (!(await all()).some(({ state }) => state === 'sent')) return;
  await later(LATE);
  await look(true);
};

// By how much the desk's clock is ahead of the phone's. It tells full seconds; what is less is left as it is.
const skewOf = (answer, began) => {
  const skew = Date.parse(answer.headers.get('date')) + 500 - (began + Date.now()) / 2;
  return Math.abs(skew) > LATE ? skew : 0;
};

// Whether the next one can be sent.
const sendOne = async (motion, skew) => {
  const fields = [...motion.fields];
  if (motion.at !== null) fields.push(['at', new Date(motion.at + skew).toISOString()]);
  const hasPhotos = fields.some(([, value]) => value instanceof Blob);
  const body = hasPhotos ? new FormData() : new URLSearchParams();
  for (const [name, value] of fields) body.append(name, value);
  const signal = AbortSignal.timeout(hasPhotos ? WITH_PHOTOS : AT_MOST);
  const options = { method: 'POST', body, signal, headers: { accept: 'application/json' }, redirect: 'manual', cache: 'no-store' };
  try {
    const answer = await fetch(motion.url, options);
    const text = await answer.text();
    return await judge(motion, answer, text);
  } catch {
    return false;
  }
};

const judge = async (motion, { status, type }, text) => {
  if (status >= 500 || status === 408 || status === 429 || type === 'opaqueredirect') return false;
  const answer = readJson(text);
  if (status === 401) {
    await change(motion.id, () => ({ why: 'enrol' }));
    await forget();
    return false;
  }
  // Whoever answers a form with a page of their own is not the desk.
  if (status < 400 && typeof answer?.ok !== 'boolean') return false;
  const refusals = answer?.refusals ?? [answer?.refusal ?? { message: text }];
  const isDone = answer?.ok ? !answer.refusals?.length : refusals.every(({ code }) => code === 'recorded-before');
  const reasons = refusals.map(({ number, words, message }) => ({ number, words: words ?? message.replaceAll('`', '') }));
  await change(motion.id, () => (isDone ? { state: 'sent' } : { state: 'refused', reasons, isPartly: Boolean(answer?.ok) }));
  return true;
};

const readJson = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

// What pages ask for.
const errands = {
  // Whoever opens a page has a network, perhaps.
  hello: async (_, from) => {
    await tell(from);
    await Promise.all([sendAndLook(), look(false)]);
  },
  look: () => look(true),
  seen: async ({ ids }) => {
    for (const id of ids) await drop(id);
  },
  drop: async ({ id }) => {
    await drop(id);
    await tell();
  },
  // What was refused is sent as if it were tapped now.
  again: async ({ id }) => {
    const nonce = random();
    // It may have been sent again from another page.
    await change(id, ({ state, fields }) => state === 'refused' && {
      fields: fields.map(([name, value]) => [name, name === 'nonce' ? nonce : value]), at: null, state: 'waiting', reasons: undefined,
    });
    await tell();
    await sendAndLook();
  },
  by: async ({ id, by }) => {
    const motion = (await all()).find((one) => one.id === id);
    const named = await names(by, motion?.numbers ?? []);
    await change(id, ({ isUnsaid, fields }) => isUnsaid && { ...named, fields: [...fields, ['by', by]], isUnsaid: false, why: undefined });
    await tell();
    await sendAndLook();
  },
};

// --- What happens -------------------------------------------------------------------------------

addEventListener('install', (event) => {
  event.waitUntil(keepShell().then(() => skipWaiting()));
});

addEventListener('activate', (event) => {
  event.waitUntil(Promise.all([registration.navigationPreload?.enable(), clients.claim().then(keepOpen)]));
  event.waitUntil(look(true).catch(() => {}));
});

addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const isShown = request.mode === 'navigate';
  if (!url.href.startsWith(home)) return;
  // Somebody else may have the phone by then.
  if (request.method === 'POST' && atDesk(url)[0] === 'enrol') looked = 0;
  if (request.method === 'POST' && isShown && isMotion(url)) event.respondWith(record(event, url));
  if (request.method !== 'GET') return;
  if (isShown) event.respondWith(page(event, url));
  else if (url.href.startsWith(`${home}static/`) || url.pathname.startsWith(`${desk}/static/`)) event.respondWith(file(event, url));
  else if (request.destination === 'image') event.respondWith(newest(event, FILES));
  else if (url.href === SEARCH) event.respondWith(newest(event, REGISTER));
});

addEventListener('message', (event) => {
  const errand = errands[event.data.do];
  if (errand) event.waitUntil(errand(event.data, event.source).catch(() => {}));
});

addEventListener('sync', (event) => {
  event.waitUntil(send().then(async () => {
    if ((await waiting()).some(({ why }) => !why)) throw new Error('there is no network yet');
  }));
});
