// Reads label after label into a list, which stays on the phone until the desk has recorded it. Stands behind search.js.
/* global ZXingWASM */

const { exactly, fetchTable, make } = globalThis.tagbook;
const { root } = document.body.dataset;
const page = document.querySelector('[data-scanner]');
const words = page.dataset;
const find = (selector) => page.querySelector(selector);
const [finder, video, said, undoButton, typed, list] = [
  '.finder-of-labels', 'video', '.said', '.undo', '#typed', '.scanned',
].map(find);
const kept = `tagbook.scan:${new URL('.', location.href).pathname}`;

const AT_ONCE = 200; // as many as the desk takes
const EDGE = 960; // pixels of a picture that is read
const PAUSE = 125; // milliseconds between two pictures
const AWAY = 1500; // milliseconds after which a label is there anew

// Sentences

// What stands in [square brackets] is left out where one of its fillings is absent.
const say = (pattern, fillings = {}) => {
  const fill = (text) => text.replace(/\{(\w+)\}/g, (_, name) => fillings[name] ?? '');
  const isWhole = (part) => [...part.matchAll(/\{(\w+)\}/g)].every(([, name]) => fillings[name]);
  return fill(pattern.replace(/\[([^\]]*)\]/g, (_, part) => (isWhole(part) ? part : '')));
};

const count = (pair, n, fillings) => say(pair.split('|')[n === 1 ? 0 : 1], { n, ...fillings });

const time = (at) => {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  const day = isToday ? {} : { day: 'numeric', month: 'short' };
  return date.toLocaleString(document.documentElement.lang, { ...day, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
};

// The lists: for taking, for bringing back, and one for each place of an audit

const read = (name) => {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
};
const write = (name, value) => {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Without a store, the list lives as long as the page.
  }
};

let lists = read(kept) ?? {};
let undone = null;

const tell = (sentence) => {
  said.textContent = sentence;
  said.removeAttribute('data-hint');
};

// What helps stands there until something happened, and not in place of that.
const hint = (sentence) => {
  if (said.textContent && !said.hasAttribute('data-hint')) return;
  said.textContent = sentence;
  said.setAttribute('data-hint', '');
};

const value = (name) => page.elements[name]?.value ?? '';
const current = () => (value('kind') === 'audit' ? `audit ${value('audit')} ${value('location')}` : value('kind'));
const items = () => lists[current()]?.items ?? [];

const change = (next, sent = lists[current()]?.sent, name = current()) => {
  lists = { ...lists, [name]: { items: next, sent } };
  if (next.length === 0) delete lists[name];
  write(kept, lists);
  show();
};

// The desk has recorded what was sent to it: all of it but what is left.
const finish = (search) => {
  const done = new URLSearchParams(search ?? '');
  const name = Object.keys(lists).find((each) => lists[each].sent?.id && lists[each].sent.id === done.get('done'));
  if (!name) return;
  localStorage.removeItem(`${kept}done.${done.get('done')}`);
  const left = (done.get('left') ?? '').split(' ').filter(Boolean);
  const recorded = new Set(lists[name].sent.numbers.filter((number) => !left.includes(number)));
  const [kind, audit, place] = name.split(' ');
  choose({ mode: kind, audit, location: place });
  change(lists[name].items.filter(({ number }) => !recorded.has(number)), null, name);
  const rest = left.length ? count(words.left, left.length) : '';
  tell(done.has('waits') ? words.waits : `${count(words.done, recorded.size)}. ${rest}`.trim());
};

// What is scanned

const bare = (address) => address.trim().replace(/^https?:\/\//i, '').replace(/\/+$/, '');
const bases = [new URL(root, location.href).href, ...words.bases.split(' ').filter(Boolean)]
  .map((base) => `${bare(base).toLowerCase()}/`);

// What a label says behind the address of the site, now or formerly, or all of it; none where it leads elsewhere.
const nameIn = (text) => {
  const address = bare(text);
  const base = bases.find((each) => address.toLowerCase().startsWith(each));
  const name = base ? address.slice(base.length) : address;
  return base || !/[:/]/.test(text) ? name.replace(/[\s/]+/g, ' ') : null;
};

const host = (text) => (URL.canParse?.(text) && new URL(text).host) || text.slice(0, 40);

// The label of a place says where one counts.
const arriveAt = (name) => {
  const slug = /^locations ([a-z0-9-]+)$/i.exec(name)?.[1].toLowerCase();
  const place = [...page.elements.location?.options ?? []].find((option) => option.value && option.value === slug);
  if (!place || value('kind') !== 'audit') return false;
  choose({ location: slug });
  chosen();
  react('added', say(words.placed, { where: place.textContent }));
  return true;
};

const take = async (text, isOfGoods = false) => {
  const rows = await fetchTable();
  const name = nameIn(text);
  if (name !== null && arriveAt(name)) return;
  const row = name === null ? undefined : exactly(rows, name);
  // Goods bear bars of their own, which mean nothing here.
  if (!row && isOfGoods && (rows.length > 0 || !/^[A-Z]+-\d+$/.test(name))) return;
  const number = row?.number ?? name?.toUpperCase();
  if (name === null || !/^[A-Z0-9][A-Z0-9-]{0,31}$/.test(number)) {
    react('foreign', say(name === null ? words.foreign : words.nothing, { text: host(text) }));
  } else if (items().some((item) => item.number === number)) {
    react('again', say(words.again, { number }), number, row?.name);
  } else {
    const isUnknown = !row && rows.length > 0;
    change([...items(), { number, at: Date.now() }]);
    react(isUnknown ? 'unknown' : 'added', say(isUnknown ? words.unknownSaid : words.added, { number }), number, row?.name);
  }
};

// Told by tone, by buzz, by a flash and in words

const TONES = { added: [880, 1320], again: [440, 440], unknown: [660, 440, 440], foreign: [220] };
const BUZZES = { added: [60], again: [40, 60, 40], unknown: [40, 60, 160], foreign: [220] };
let audio;
let isLoud = read(`${kept}sound`) ?? true;

const sound = (tones) => {
  if (!isLoud || audio?.state !== 'running') return;
  tones.forEach((pitch, place) => {
    const from = audio.currentTime + place * 0.11;
    const [wave, gain] = [audio.createOscillator(), audio.createGain()];
    wave.frequency.value = pitch;
    gain.gain.setValueAtTime(0.25, from);
    gain.gain.exponentialRampToValueAtTime(0.001, from + 0.1);
    wave.connect(gain).connect(audio.destination);
    wave.start(from);
    wave.stop(from + 0.1);
  });
};

let fading;
const react = (tone, sentence, number, name = '') => {
  sound(TONES[tone]);
  navigator.vibrate?.(BUZZES[tone]);
  tell(sentence);
  finder.dataset.hit = tone;
  const hit = find('.hit');
  hit.hidden = !number;
  hit.querySelector('.tag').textContent = number ?? '';
  hit.querySelector('bdi').textContent = name;
  clearTimeout(fading);
  fading = setTimeout(() => {
    delete finder.dataset.hit;
    hit.hidden = true;
  }, 1200);
};

// What is on the list

const tones = new Map(words.tones.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2).reverse()));

const GO = { have: 'goHave', back: 'goBack', audit: 'goAudit' };

const line = (item, rows) => {
  const row = rows.find(({ number }) => number === item.number);
  const isUnknown = !row && rows.length > 0;
  const chip = isUnknown ? ['bad', words.unknown] : [tones.get(row?.status) ?? 'off', row?.status];
  const remove = make('button', { type: 'button', class: 'remove', 'aria-label': say(words.remove, { number: item.number }) }, '×');
  remove.addEventListener('click', () => {
    const after = remove.closest('li').nextElementSibling ?? remove.closest('li').previousElementSibling;
    const next = after?.querySelector('.n').textContent;
    takeOff(items().filter((each) => each !== item), say(words.removed, { number: item.number }));
    ([...list.querySelectorAll('li')].find((each) => each.querySelector('.n').textContent === next)?.querySelector('button') ?? undoButton).focus();
  });
  const place = [row?.holder, row?.place].filter(Boolean).join(' · ');
  return make('li', isUnknown ? { class: 'bad' } : {},
    make('span', { class: 'n' }, item.number),
    make('span', { class: 'chips' }, ...(chip[1] ? [make('span', { class: `chip ${chip[0]}` }, chip[1])] : [])),
    make('span', { class: 'what' }, make('bdi', {}, row?.name ?? ''), make('small', {}, make('bdi', {}, place))),
    remove);
};

const show = () => {
  const all = items();
  const sent = lists[current()]?.sent;
  const place = page.elements.location?.selectedOptions[0];
  const where = value('location') && place.textContent.split(' › ').at(-1);
  const button = find('.send button');
  const { value: kind, labels: [label] } = find('[name=kind]:checked');
  button.textContent = all.length === 0 ? label.textContent : count(words[GO[kind]], Math.min(all.length, AT_ONCE), { where });
  button.disabled = all.length === 0;
  find('.nothing').hidden = all.length > 0;
  find('.empty').hidden = all.length === 0;
  undoButton.hidden = undone?.name !== current();
  const first = all[0] && (sent ? say(words.taken, { at: time(sent.at) }) : say(words.since, { at: time(all[0].at) }));
  find('#scanned .small').textContent = first ? `${all.length}, ${first}` : '';
  fetchTable().then((rows) => {
    if (items() === all || all.length === 0) list.querySelector('ol').replaceChildren(...[...all].reverse().map((item) => line(item, rows)));
  });
};

const takeOff = (next, sentence) => {
  undone = { name: current(), items: items() };
  change(next);
  tell(sentence);
};

// What for

const choose = ({ mode, audit, location: place }) => {
  const kind = audit ? 'audit' : { basket: 'have', checkout: 'have' }[mode] ?? mode;
  const radio = [...page.elements.kind].find((each) => each.value === kind);
  if (radio) radio.checked = true;
  for (const [name, slug] of [['audit', audit], ['location', place]]) {
    const select = page.elements[name];
    if (select && slug !== undefined) select.value = [...select.options].some((option) => option.value === slug) ? slug : '';
  }
  const scope = page.elements.audit?.selectedOptions[0].dataset.place;
  if (scope && !value('location')) page.elements.location.value = scope;
};

// The address says what for, so that it is the same after a reload.
const chosen = () => {
  const asked = new URLSearchParams({ mode: value('kind') });
  if (value('kind') === 'audit') for (const name of ['audit', 'location']) if (value(name)) asked.set(name, value(name));
  history.replaceState(null, '', `${location.pathname}?${asked}`);
  show();
};

// What reads a picture: the browser itself, or else what others have made

const canvas = document.createElement('canvas');
const brush = canvas.getContext('2d', { willReadFrequently: true });
let reader;

const ownReader = async () => {
  const known = await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => []);
  if (!known?.includes('qr_code')) return null;
  const formats = ['qr_code', 'data_matrix', 'code_128'].filter((format) => known.includes(format));
  const detector = new globalThis.BarcodeDetector({ formats });
  return async () => (await detector.detect(canvas)).map(({ rawValue, format }) => [rawValue, format === 'code_128']);
};

const madeReader = async () => {
  const script = make('script', { src: words.reader });
  await new Promise((loaded, failed) => {
    script.addEventListener('load', loaded);
    script.addEventListener('error', () => failed(new Error(words.reader)));
    document.head.append(script);
  });
  await ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => words.wasm }, fireImmediately: true });
  const options = { formats: ['QRCode', 'DataMatrix', 'Code128'], maxNumberOfSymbols: 8 };
  return async () => {
    const picture = brush.getImageData(0, 0, canvas.width, canvas.height);
    const found = await ZXingWASM.readBarcodes(picture, options);
    return found.map(({ text, format }) => [text, format === 'Code128']);
  };
};

const readers = [ownReader, madeReader];

// The reader that works: one that fails is not asked again.
const symbols = async () => {
  while (readers.length > 0) {
    try {
      reader ??= await readers[0]();
      if (reader) return await reader();
    } catch (error) {
      if (readers.length === 1) throw error;
    }
    reader = null;
    readers.shift();
  }
  return [];
};

// The camera

let stream = null;
let isStarting = false;
let isWanted = read(`${kept}camera`) === true;
let lock = null;
let last = 0;
const seen = new Map();

const look = async () => {
  const scale = Math.min(1, EDGE / Math.max(video.videoWidth, video.videoHeight));
  const [width, height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  brush.drawImage(video, 0, 0, width, height);
  for (const [text, isOfGoods] of await symbols()) {
    const now = performance.now();
    const isNew = !(now - seen.get(text) < AWAY);
    seen.set(text, now);
    if (isNew) await take(text, isOfGoods);
  }
};

const watch = (own) => {
  const step = async () => {
    if (stream !== own) return;
    if (video.videoWidth > 0 && performance.now() - last >= PAUSE) {
      last = performance.now();
      try {
        await look();
      } catch {
        stop('off', words.noReader);
        return;
      }
    }
    watch(own);
  };
  if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(step);
  else requestAnimationFrame(step);
};

const stop = (state = 'off', sentence = '') => {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  video.srcObject = null;
  lock?.release().catch(() => {});
  lock = null;
  finder.dataset.state = state;
  find('[data-switch=light]').hidden = true;
  if (sentence) tell(sentence);
};

const REASONS = { NotAllowedError: 'notAllowed', SecurityError: 'notAllowed' };

const start = async () => {
  if (stream || isStarting) return;
  isStarting = true;
  finder.dataset.state = 'starting';
  hint(words.starting);
  try {
    const wanted = { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 1280 } };
    stream = await navigator.mediaDevices.getUserMedia({ video: wanted });
    video.srcObject = stream;
    await video.play();
  } catch (error) {
    const reason = REASONS[error.name] ?? 'noCamera';
    return stop('off', words[reason]);
  } finally {
    isStarting = false;
  }
  // The phone fell asleep meanwhile.
  if (document.hidden) return stop();
  isWanted = true;
  write(`${kept}camera`, true);
  finder.dataset.state = 'on';
  hint(words.aim);
  const [track] = stream.getVideoTracks();
  track.addEventListener('ended', () => stop());
  const light = find('[data-switch=light]');
  light.hidden = !track.getCapabilities?.().torch;
  light.setAttribute('aria-pressed', 'false');
  navigator.wakeLock?.request('screen').then((held) => {
    if (stream) lock = held;
    else held.release();
  }).catch(() => {});
  watch(stream);
};

const startCamera = async () => {
  if (!navigator.mediaDevices?.getUserMedia) {
    finder.hidden = true;
    tell(globalThis.isSecureContext ? words.noCamera : words.notSafe);
    return;
  }
  const state = await navigator.permissions?.query({ name: 'camera' }).then((found) => found.state, () => 'prompt');
  if (state === 'granted' && isWanted) start();
};

// A phone that sleeps gives its camera back, and takes it again when it wakes.
const wake = () => {
  if (document.hidden) stop();
  else if (isWanted) start();
};

// What is tapped and typed

const enter = async () => {
  const text = typed.value.trim();
  typed.value = '';
  if (text) await take(text);
};

const listen = () => {
  for (const name of ['kind', 'audit', 'location']) {
    [page.elements[name] ?? []].flatMap((field) => (field.tagName ? [field] : [...field])).forEach((field) => field.addEventListener('change', () => {
      if (field.name === 'audit') choose({ mode: 'audit', audit: field.value });
      chosen();
    }));
  }
  typed.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    enter();
  });
  find('.typed button').addEventListener('click', enter);
  // What a hand scanner types comes into the field, wherever one has tapped before.
  addEventListener('keydown', (event) => {
    if (event.target === document.body && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) typed.focus();
  }, true);
  find('.empty').addEventListener('click', () => {
    takeOff([], words.emptied);
    undoButton.focus();
  });
  undoButton.addEventListener('click', () => {
    const back = undone.items.filter(({ number }) => !items().some((item) => item.number === number));
    undone = null;
    change([...back, ...items()].sort((a, b) => a.at - b.at));
    tell('');
    typed.focus({ preventScroll: true });
  });
  find('.start').addEventListener('click', start);
  find('[data-switch=light]').addEventListener('click', ({ currentTarget: button }) => {
    const isOn = button.getAttribute('aria-pressed') !== 'true';
    stream?.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: isOn }] })
      .then(() => button.setAttribute('aria-pressed', String(isOn)), () => {});
  });
  const loud = find('[data-switch=sound]');
  loud.setAttribute('aria-pressed', String(isLoud));
  loud.addEventListener('click', () => {
    isLoud = !isLoud;
    write(`${kept}sound`, isLoud);
    loud.setAttribute('aria-pressed', String(isLoud));
  });
  // Browsers play no tone before the first tap.
  for (const kind of ['pointerdown', 'keydown']) {
    addEventListener(kind, () => {
      audio ??= new AudioContext();
      audio.resume().catch(() => {});
    });
  }
};

// What goes to the desk: the list as it is, in a form that the browser sends.
const send = () => {
  page.addEventListener('submit', (event) => {
    if (!typed.value.trim()) return;
    event.preventDefault();
    enter();
  });
  page.addEventListener('formdata', ({ formData }) => {
    const numbers = items().slice(0, AT_ONCE).map(({ number }) => number);
    const sent = lists[current()]?.sent;
    // What is taken to the desk once more is the same list.
    const isSame = sent?.numbers.join(' ') === numbers.join(' ');
    const id = isSame ? sent.id : `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
    formData.set('numbers', numbers.join(' '));
    formData.set('scanned', id);
    for (const name of ['audit', 'location']) if (value('kind') !== 'audit' || !value(name)) formData.delete(name);
    change(items(), { id, at: Date.now(), numbers });
  });
};

// Other pages of this phone may have changed the lists, and the receipt says what is done.
const again = () => {
  lists = read(kept) ?? {};
  for (const { id } of Object.values(lists).map(({ sent }) => sent ?? {})) {
    if (id) finish(read(`${kept}done.${id}`));
  }
  show();
};

find('.by-hand').remove();
for (const part of [finder, list, find('.typed')]) part.hidden = false;
page.classList.add('live');
choose(Object.fromEntries(new URLSearchParams(location.search)));
finish(location.search);
again();
if (location.search) chosen();
listen();
send();
startCamera();
addEventListener('storage', again);
addEventListener('pageshow', (event) => {
  if (event.persisted) again();
  wake();
});
document.addEventListener('visibilitychange', wake);
