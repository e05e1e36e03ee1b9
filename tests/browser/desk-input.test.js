// What the desk is sent, and what it answers: a wrong or hostile request records nothing, a right one exactly once.
// That nothing was recorded is seen in the repository, not in the answer.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import {
  FORM,
  FREE,
  HELD_BY_BEN,
  HELD_BY_CLEO,
  NOT_PUBLIC,
  ORIGIN,
  PRIVATE,
  RETIRED,
  UNKNOWN,
  UNSAFE,
  URL_OF_DESK,
  ago,
  atDesk,
  camera,
  code,
  cookie,
  day,
  elements,
  encoded,
  event,
  folder,
  formOf,
  host,
  person,
  sha256,
  textIn,
  token,
  visible,
} from './lib/desk.js';
import { tagbook } from './lib/program.js';
import { read, site } from './lib/sites.js';

const CAMERA = FREE[0];
const CODE = '7k2m-4tzq-9d0x';
const STRANGERS = { desk: 'anonymous_reports = true' };

const times = (count, make) => Promise.all(Array.from({ length: count }, (_, index) => make(index)));
const ids = (answers) => answers.filter(({ status }) => status === 200).map(({ json: { event: id } }) => id);
const counted = (all) => [...all].sort().reduce((counts, one) => ({ ...counts, [one]: (counts[one] ?? 0) + 1 }), {});
const answered = ({ status, text }) => `${status} ${(text.startsWith('<') ? visible(text).replace(/\s+/g, ' ') : text).slice(0, 600)}`;

function is(answer, ...statuses) {
  assert.ok(statuses.includes(answer.status), `${statuses.join(' or ')} was due, came: ${answered(answer)}`);
  return answer;
}

// Every id once in the register.
function once(desk, all) {
  const recorded = counted(desk.events().map(({ id }) => id));
  for (const id of all) assert.equal(recorded[id], 1, `event ${id}`);
  assert.equal(new Set(all).size, all.length, 'two answers name one event');
}

// Two answers have times and nonces of their own.
const timeless = (text) => text.replace(/<time .*?<\/time>|value="[0-9a-f]{20}"|value="\d{10}"/g, '');

// The minutes that a stranger's form has been open.
const began = (minutes) => String(Math.floor(Date.parse(ago(minutes)) / 1000));

// --- methods -------------------------------------------------------------------------------------

test('looking at an action records nothing', atDesk({}, async (desk, t) => {
  for (const path of [
    `${CAMERA}/checkout`,
    `${CAMERA}/have?to=ben&due=${day(3)}`,
    `${CAMERA}/note?note=hello`,
    `${HELD_BY_BEN}/back`,
    `${HELD_BY_BEN}/void`,
    `${CAMERA}/retire?method=sold`,
    `batch?numbers=${CAMERA}&kind=have`,
    `enrol?code=${CODE}`,
    'approve?phone=x&name=Eve',
  ]) {
    await t.test(`looking at ${path} records nothing`, async () => {
      await desk.recordsNothing(async () => {
        is(await desk.get(path, { as: 'ana' }), 200, 404, 405);
        const head = is(await desk.ask('HEAD', path, { headers: cookie('ana') }), 200, 404, 405);
        assert.equal(head.text, '');
      });
    });
  }
}));

test('the address of an action shows its form', atDesk({}, async (desk) => {
  for (const path of [`${CAMERA}/checkout`, `${CAMERA}/have`, `${HELD_BY_BEN}/back`, `${CAMERA}/report`]) {
    formOf(is(await desk.get(path), 200).text, path);
  }
}));

test('what has no form is not shown one', atDesk({}, async (desk) => {
  for (const path of ['revoke', 'ask', 'by']) is(await desk.get(`${path}?phone=b001&name=Eve&by=ana`, { as: 'ana' }), 405);
}));

test('other methods are not allowed, and the answer says which are', atDesk({}, async (desk) => {
  await desk.recordsNothing(async () => {
    for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']) {
      const answer = is(await desk.ask(method, `${CAMERA}/note`, { headers: cookie('ben') }), 405);
      assert.match(answer.headers.allow, /POST/);
    }
  });
}));

test('a link preview that fetches an enrolment link spends no code', atDesk({ files: code('ben', CODE, 15) }, async (desk) => {
  await desk.recordsNothing(async () => {
    for (const method of ['HEAD', 'GET', 'GET']) is(await desk.ask(method, `enrol?code=${CODE}`), 200, 405);
  });
  await desk.records(1, async () => is(await desk.post('enrol', { code: CODE }, { as: null }), 200));
}));

// --- where a form comes from ---------------------------------------------------------------------

test('a form with a cookie is taken from a page of ours only', atDesk({}, async (desk, t) => {
  for (const [where, headers] of [
    ['nowhere', { origin: undefined }],
    ['nowhere, says the browser', { origin: 'null' }],
    ['an empty origin', { origin: '' }],
    ['another site', { origin: 'https://evil.example' }],
    ['a host that begins like ours', { origin: 'https://kit.example.org.evil.example' }],
    ['a host that ends like ours', { origin: 'https://evilkit.example.org' }],
    ['a host that has ours as its user', { origin: 'https://kit.example.org@evil.example' }],
    ['our host without encryption', { origin: 'http://kit.example.org' }],
    ['another port', { origin: 'https://kit.example.org:8443' }],
    ['two origins', { origin: `${ORIGIN}, https://evil.example` }],
    ['a page that it does not name, across sites', { origin: undefined, 'sec-fetch-site': 'cross-site' }],
    ['a page that it does not name, on the same site', { origin: undefined, 'sec-fetch-site': 'same-site' }],
    ['nowhere, with a token besides the cookie', { origin: undefined, authorization: `Bearer ${token('ben')}` }],
  ]) {
    await t.test(`a form with a cookie that comes from ${where} is refused`, async () => {
      const own = Object.fromEntries(Object.entries({ 'content-type': FORM, origin: ORIGIN, ...cookie('ben'), ...headers }).filter(([, value]) => value !== undefined));
      await desk.recordsNothing(async () => {
        for (const path of [`${CAMERA}/checkout`, 'batch', 'revoke']) {
          is(await desk.ask('POST', path, { headers: own, body: encoded({ numbers: CAMERA, phone: 'b001' }) }), 403);
        }
      });
    });
  }
}));

test('our own origin is accepted in capitals and with its port', atDesk({}, async (desk) => {
  for (const origin of [ORIGIN, 'https://KIT.Example.ORG', 'HTTPS://KIT.EXAMPLE.ORG', `${ORIGIN}:443`]) {
    await desk.records(1, async () => is(await desk.submit(`${CAMERA}/note`, { note: origin }, { headers: { origin } }), 303));
  }
}));

test('a token without a cookie needs no origin', atDesk({}, async (desk) => {
  await desk.records(1, async () => is(await desk.post(`${CAMERA}/checkout`), 200));
}));

// --- who asks ------------------------------------------------------------------------------------

test('whoever is not known is told how to enrol, and what was typed is recorded after that', atDesk({ files: code('ben', CODE, 15) }, async (desk) => {
  const typed = { note: 'for the "spring" <b>shoot</b> & more', due: day(4) };
  const page = await desk.recordsNothing(async () => is(await desk.submit(`${CAMERA}/checkout`, typed, { as: null }), 401));
  assert.ok(page.headers['www-authenticate'], 'a 401 names a way to authenticate');
  const enrol = formOf(page.text, 'enrol');
  for (const text of Object.values(typed)) assert.ok(Object.values(enrol.hidden).includes(text), `kept: ${text}`);
  await desk.records(2, async () => is(await desk.submit('enrol', { ...enrol.values, code: CODE }, { as: null }), 303));
  const [{ kind, by, note, due }] = desk.events(CAMERA);
  assert.deepEqual([kind, by, note, due.toISOString()], ['checkout', 'ben', typed.note, typed.due]);
}));

test('a program that is not known is told how to enrol', atDesk({}, async (desk) => {
  await desk.recordsNothing(async () => {
    for (const path of [`${CAMERA}/checkout`, `${CAMERA}/retire`, 'batch', 'revoke']) {
      const { json: answer } = is(await desk.post(path, { numbers: CAMERA }, { as: null }), 401);
      assert.equal(answer.ok, false);
      assert.match(answer.refusal.message, /enrol/);
    }
  });
}));

const files = { ...person('gus', 'Gus Lind', 'member', `left = ${day(-3)}\n`), ...code('ben', CODE, 15) };
test('a cookie that is no phone’s opens nothing', atDesk({ files }, async (desk, t) => {
  for (const [whose, header] of [
    ['nobody’s', `__Host-tagbook=${token('eve')}`],
    ['empty', '__Host-tagbook='],
    ['the hash of a token', `__Host-tagbook=${sha256(token('ben'))}`],
    ['of someone who has left', `__Host-tagbook=${token('gus')}`],
    ['of a code that nobody redeemed', `__Host-tagbook=${CODE.replaceAll('-', '')}`],
    ['there twice', `__Host-tagbook=${token('ben')}; __Host-tagbook=${token('ana')}`],
    ['there twice, in two headers', [`__Host-tagbook=${token('ben')}`, `__Host-tagbook=${token('ana')}`]],
    ['in another case', `__host-TAGBOOK=${token('ben')}`],
    ['not text', `__Host-tagbook=${token('ben')}\u00ff`],
  ]) {
    await t.test(`a cookie that is ${whose} opens nothing`, async () => {
      await desk.recordsNothing(async () => {
        is(await desk.submit(`${CAMERA}/checkout`, {}, { headers: { cookie: header } }), 401);
        is(await desk.get('me', { headers: { cookie: header } }), 401);
      });
    });
  }
}));

test('a cookie of ten thousand bytes is not read', atDesk({}, async (desk) => {
  const headers = { cookie: `__Host-tagbook=${token('ben')}; x=${'y'.repeat(10_000)}` };
  await desk.recordsNothing(async () => is(await desk.submit(`${CAMERA}/checkout`, {}, { headers }), 400, 431));
}));

test('a phone that was revoked opens nothing, and keeps what was typed in the form that was open', atDesk({}, async (desk) => {
  const hidden = await desk.hidden(`${CAMERA}/checkout`);
  await desk.records(1, async () => is(await desk.post('revoke', { phone: 'b001' }, { as: 'ana' }), 200));
  await desk.recordsNothing(async () => {
    const page = is(await desk.submit(`${CAMERA}/checkout`, { ...hidden, note: 'typed before the phone was lost' }), 401);
    assert.ok(Object.values(formOf(page.text, 'enrol').hidden).includes('typed before the phone was lost'));
    is(await desk.post(`${CAMERA}/checkout`), 401);
  });
}));

// --- codes ---------------------------------------------------------------------------------------

const CODES = { ...code('ben', CODE, 15), ...code('cleo', '5dfa-qq11-22zz', -1), ...code('ana', '8wxy-1234-5678', 15) };

test('a code works once and for a quarter of an hour; each no is said in the same words', atDesk({ files: CODES }, async (desk) => {
  const first = await desk.records(1, async () => is(await desk.post('enrol', { code: CODE }, { as: null }), 200));
  const headers = { authorization: `Bearer ${first.json.token}` };
  await desk.records(1, async () => is(await desk.post(`${CAMERA}/checkout`, {}, { headers }), 200));
  await desk.recordsNothing(async () => {
    const spent = is(await desk.post('enrol', { code: CODE }, { as: null }), 410);
    const late = is(await desk.post('enrol', { code: '5dfa-qq11-22zz' }, { as: null }), 410);
    const wrong = is(await desk.post('enrol', { code: '8wxy-1234-5679' }, { as: null }), 404);
    const nobodys = is(await desk.post('enrol', { code: 'aaaa-bbbb-cccc' }, { as: null }), 404);
    for (const no of [late, wrong, nobodys]) assert.deepEqual(no.json, spent.json);
    const pages = await times(3, async (index) => {
      const typed = [CODE, '5dfa-qq11-22zz', '8wxy-1234-5679'][index];
      return timeless((await desk.submit('enrol', { code: typed }, { as: null })).text.replaceAll(typed, 'CODE'));
    });
    assert.equal(new Set(pages).size, 1, 'the pages differ');
  });
}));

test('a code that is spent takes as long to refuse as one that never was', atDesk({ files: CODES }, async (desk) => {
  const took = { '5dfa-qq11-22zz': [], '8wxy-1234-5679': [], 'aaaa-bbbb-cccc': [] };
  for (let round = 0; round < 15; round += 1) {
    for (const [typed, all] of Object.entries(took)) {
      const since = performance.now();
      is(await desk.post('enrol', { code: typed }, { as: null, from: `127.0.1.${round + 1}` }), 404, 410);
      all.push(performance.now() - since);
    }
  }
  const medians = Object.values(took).map((all) => all.sort((a, b) => a - b)[7]);
  assert.ok(Math.max(...medians) < 2 * Math.min(...medians) + 5, `medians of ${medians.map((ms) => ms.toFixed(1)).join(', ')} ms`);
}));

test('a code that two phones redeem at once enrols one', atDesk({ files: CODES }, async (desk) => {
  const answers = await desk.records(1, () => times(8, () => desk.post('enrol', { code: CODE }, { as: null })));
  assert.deepEqual(counted(answers.map(({ status }) => status)), { 200: 1, 410: 7 });
}));

test('whoever tries twenty codes has to wait, and nobody else has', atDesk({ files: CODES }, async (desk) => {
  await desk.recordsNothing(async () => {
    const statuses = [];
    for (let index = 10; index < 30; index += 1) {
      statuses.push((await desk.post('enrol', { code: `7k2m-4tzq-9d${index}` }, { as: null, from: '127.0.0.1' })).status);
    }
    assert.deepEqual([...new Set(statuses)], [404, 429]);
    const right = is(await desk.post('enrol', { code: CODE }, { as: null, from: '127.0.0.1' }), 429);
    assert.match(right.headers['retry-after'], /^[1-9]\d*$/);
  });
  await desk.records(1, async () => is(await desk.post('enrol', { code: CODE }, { as: null, from: '127.0.0.2' }), 200));
}));

// --- the body ------------------------------------------------------------------------------------

const PARTS = '--x\r\nContent-Disposition: form-data; name="note"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--x--\r\n';

test('only forms and JSON are read', atDesk({}, async (desk, t) => {
  for (const [what, type, body] of [
    ['plain text', 'text/plain', 'note=hello'],
    ['a file where no photo is taken', 'multipart/form-data; boundary=x', PARTS],
    ['no content type', undefined, 'note=hello'],
    ['an empty content type', '', 'note=hello'],
    ['XML', 'application/xml', '<note>hello</note>'],
    ['two content types', `${FORM}, application/json`, 'note=hello'],
  ]) {
    await t.test(`a body of ${what} is not read`, async () => {
      const own = { ...(type === undefined ? {} : { 'content-type': type }), 'content-length': Buffer.byteLength(body) };
      await desk.recordsNothing(async () => {
        for (const who of [{ authorization: `Bearer ${token('ben')}` }, { origin: ORIGIN, ...cookie('ben') }]) {
          is(await desk.ask('POST', `${CAMERA}/note`, { headers: { ...own, ...who }, body }), 415);
        }
      });
    });
  }
}));

const many = Array.from({ length: 1000 }, (_, index) => `f${index}=1`).join('&');

test('a form that is wrong is refused', atDesk({}, async (desk, t) => {
  for (const [what, path, body, ...statuses] of [
    ['more than 16 KiB', 'note', { note: 'x'.repeat(16 * 1024) }, 413],
    ['a thousand fields', 'note', many, 400],
    ['a field twice', 'note', 'note=a&note=b', 400],
    ['a field twice, once in capitals of its escapes', 'note', 'note=a&%6eote=b', 400],
    ['an unknown field', 'note', { note: 'a', colour: 'red' }, 400],
    ['a field of another kind', 'note', { note: 'a', method: 'sold' }, 400],
    ['no fault to report', 'report', { severity: 'minor' }, 422],
    ['a fault of blanks', 'report', { severity: 'minor', note: ' \r\n\t ' }, 422],
    ['no day to extend to', 'extend', {}, 422],
    ['nobody to hand over to', 'transfer', {}, 422],
    ['no place to move to', 'move', {}, 422],
    ['a severity that is none', 'report', { note: 'a', severity: 'catastrophic' }, 422],
    ['bytes that are no text', 'note', 'note=%ff%fe', 400],
    ['half a character', 'note', 'note=%F0%9F%93', 400],
    ['a name that is no text', 'note', 'note=a&%ff=1', 400],
  ]) {
    await t.test(`a form with ${what} is refused with ${statuses}`, async () => {
      await desk.recordsNothing(async () => {
        is(await desk.post(`${HELD_BY_BEN}/${path}`, body), ...statuses);
        is(await desk.submit(`${HELD_BY_BEN}/${path}`, body), ...statuses);
      });
    });
  }
}));

test('JSON that is wrong is refused', atDesk({}, async (desk, t) => {
  for (const [what, body, ...statuses] of [
    ['a field twice', '{"note": "a", "note": "b"}', 400],
    ['an unknown field', '{"note": "a", "colour": "red"}', 400],
    ['a list for an object', '["note"]', 400],
    ['an object for a text', '{"note": {"a": 1}}', 400],
    ['half an object', '{"note": "a"', 400],
    ['half a surrogate', '{"note": "\\ud800"}', 400],
    ['bytes that are no text', Buffer.from('{"note": "\xff"}', 'latin1'), 400],
    ['ten thousand brackets', `{"note": ${'['.repeat(10_000)}`, 400],
    ['a hidden character', '{"note": "a\\u202eb"}', 422],
    ['no note', '{}', 422],
  ]) {
    await t.test(`JSON with ${what} is refused with ${statuses}`, async () => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token('ben')}`, accept: 'application/json' };
      await desk.recordsNothing(async () => is(await desk.ask('POST', `${CAMERA}/note`, { headers, body }), ...statuses));
    });
  }
}));

// Before its size is known it is turned away: two lengths in one request are how requests are smuggled.
test('a body that does not say how long it is is refused', atDesk({}, async (desk) => {
  const headers = { 'content-type': FORM, authorization: `Bearer ${token('ben')}`, 'transfer-encoding': 'chunked' };
  await desk.recordsNothing(async () => is(await desk.ask('POST', `${CAMERA}/note`, { headers, body: `note=${'x'.repeat(20_000)}` }), 400));
}));

test('what is wrong is shown at its field, and what was typed stays', atDesk({}, async (desk) => {
  const page = await desk.recordsNothing(async () => is(await desk.submit(`${CAMERA}/checkout`, { due: 'whenever', note: 'a "note" <i>' }), 422));
  const { values } = formOf(page.text, `${CAMERA}/checkout`);
  assert.deepEqual([values.note, values.due], ['a "note" <i>', 'whenever']);
  assert.match(visible(page.text), /whenever/);
}));

// --- which asset ---------------------------------------------------------------------------------

const NUMBERS = {
  'a path upwards': '../../etc/passwd',
  'a path through an asset': 'CAM-0001/..',
  'a path from an asset': 'CAM-0001/../CAM-0002',
  'a folder above': '..',
  'this folder': '.',
  'a path of the other kind': '..\\..\\CAM-0001',
  'NUL': 'CAM-0001\0',
  'a line break at its end': 'CAM-0001\r\n',
  'a line break inside': 'CAM-\r\n0001',
  '300 characters': `CAM-${'0'.repeat(296)}`,
  'full-width digits': 'CAM-０００１',
  'a character that is no ASCII in lower case': '\u212aAM-0001',
  'a wildcard': 'CAM-*',
  'an escape of an escape': '%2e%2e%2fCAM-0001',
};

test('what is no asset number names no asset', atDesk({}, async (desk, t) => {
  for (const [what, number] of Object.entries(NUMBERS)) {
    await t.test(`an asset that is ${what} is unknown`, async () => {
      await desk.recordsNothing(async () => {
        for (const kind of ['checkout', 'have', 'back', 'note']) {
          is(await desk.post(`${encodeURIComponent(number).replaceAll('.', '%2e')}/${kind}`, kind === 'note' ? { note: 'a' } : {}), 404, 422);
        }
        const kept = /[\r\n]/.test(number) ? [] : [{ numbers: number }];
        for (const fields of [...kept, { [`item.${number}`]: 'back' }]) is(await desk.post('batch', fields), 404, 409, 422);
      });
    });
  }
}));

test('a path is not followed upwards, however it is written', atDesk({}, async (desk) => {
  await desk.recordsNothing(async () => {
    for (const path of ['/desk/../../etc/passwd/checkout', '/desk/CAM-0001/../CAM-0002/checkout', '/desk/%2e%2e/%2e%2e/checkout', '/desk/static/..%2f..%2ftagbook.toml', '/desk/static/../../tagbook.toml']) {
      is(await desk.post(path), 404, 422);
      is(await desk.get(path), 404, 422);
    }
  });
}));

test('a number in lower case is the asset, and what is written lies among the assets', atDesk({}, async (desk) => {
  const before = desk.paths();
  is(await desk.post('cam-0002/checkout'), 200);
  is(await desk.post('batch', { numbers: 'cam-0003;Cam-0004', kind: 'have' }), 200);
  const added = desk.paths().filter((path) => !before.includes(path));
  const folders = added.map((path) => path.replace(/\/log\/[^/]+\.toml$/, ''));
  assert.deepEqual(folders, ['CAM-0002', 'CAM-0003', 'CAM-0004'].map(folder));
}));

// --- what is written -----------------------------------------------------------------------------

const NOTES = {
  'three quotes': 'a """ b \'\'\' c',
  'quotes at its ends': '"\'"""x"""\'"',
  backslashes: 'C:\\new\\table \\u0041 \\',
  'line breaks of Windows': 'one\r\ntwo\r\n\r\nthree',
  'tabs and line breaks': 'a\tb\n\tc',
  'what looks like TOML': 'x\n[table]\n[[event]]\nid = "aaaaaaaa"\nkind = "retire"',
  'emoji with joiners': '👩🏽‍🔧 ❤️ 🏳️‍🌈 👨‍👩‍👧‍👦',
  'letters with marks': 'Zoe\u0308 עברית العربية नमस्ते 日本語',
  'a byte order mark inside': 'a\ufeffb',
  'separators of lines': 'a\u2028b\u2029c',
  'what git reads as a comment': '# not a comment\n--\n+++ b/x',
  'percent signs and pluses': '100 % + 50% &amp; a=b;c',
};

test('a note reads back as it was typed', atDesk({}, async (desk) => {
  await desk.records(2 * Object.keys(NOTES).length, async () => {
    for (const [index, [what, note]] of Object.entries(NOTES).entries()) {
      const number = FREE[index];
      is(await desk.post(`${number}/note`, { note }), 200);
      const headers = { 'content-type': 'application/json' };
      is(await desk.post(`${number}/note`, JSON.stringify({ note, nonce: 'json' }), { headers }), 200);
      const read = desk.events(number).map((each) => each.note);
      assert.deepEqual(read, [note, note].map((text) => text.replaceAll('\r\n', '\n')), what);
    }
  });
}));

const HIDDEN = [0x00, 0x01, 0x07, 0x08, 0x0b, 0x1b, 0x7f, 0x85, 0x9b, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069];

test('a note with a hidden character is refused by the character’s name', atDesk({}, async (desk) => {
  await desk.recordsNothing(async () => {
    for (const point of HIDDEN) {
      const name = new RegExp(`U\\+${point.toString(16).toUpperCase().padStart(4, '0')}`);
      const note = `in${String.fromCodePoint(point)}voice`;
      assert.match(is(await desk.post(`${CAMERA}/note`, { note }), 422).json.refusal.message, name);
      assert.match(visible(is(await desk.submit(`${CAMERA}/report`, { note, severity: 'minor' }), 422).text), name);
    }
  });
}));

const MARKUP = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', '[here](javascript:alert(1))', '<a href="javascript:alert(1)">here</a>', '</textarea></form><svg onload=alert(1)>', '{{ 7 * 7 }}'];

function harmless(html, where) {
  for (const { name, attributes, node } of elements(html)) {
    const handlers = Object.keys(attributes).filter((attribute) => attribute.startsWith('on'));
    assert.deepEqual(handlers, [], `<${name}> in ${where}`);
    for (const link of ['href', 'src', 'action', 'formaction', 'xlink:href']) assert.doesNotMatch(attributes[link] ?? '', /^\s*(javascript|data:text)/i, where);
    if (name === 'script') assert.doesNotMatch(textIn(node), /alert\(1\)/, where);
    if (name === 'img') assert.notEqual(attributes.src, 'x', where);
  }
}

test('markup in a note is text on every page of the desk', atDesk({ desk: 'anonymous_reports = true', files: code('ben', CODE, 15) }, async (desk) => {
  const note = MARKUP.join('\n');
  const fault = is(await desk.submit(`${CAMERA}/report`, { note, severity: 'minor' }), 303);
  const pages = [
    await desk.get(fault.headers.location.replace(ORIGIN, '')),
    await desk.get(CAMERA),
    await desk.get(`${CAMERA}/repaired`),
    await desk.submit(`${CAMERA}/checkout`, { note, due: note.slice(0, 40), location: MARKUP[1] }),
    await desk.submit(`${CAMERA}/checkout`, { note, [MARKUP[0]]: MARKUP[1] }),
    await desk.submit(`${CAMERA}/checkout`, { note, job: MARKUP[1] }, { as: null }),
    await desk.submit('batch', { numbers: MARKUP.join(' '), kind: 'have' }),
    await desk.submit('batch', { numbers: CAMERA, kind: MARKUP[1] }),
    await desk.submit('enrol', { code: MARKUP[1] }, { as: null }),
    await desk.submit('ask', { name: MARKUP[1] }, { as: null }),
    await desk.get(`approve?phone=${'a'.repeat(64)}&name=${encodeURIComponent(MARKUP[1])}`, { as: 'ana' }),
    await desk.submit(`${FREE[1]}/report`, { note, severity: MARKUP[1], began: began(1) }, { as: null }),
    await desk.get(`${encodeURIComponent(MARKUP[0])}/checkout`),
  ];
  for (const [index, { text }] of pages.entries()) harmless(text, `page ${index}`);
  for (const line of MARKUP) assert.ok(visible(pages[1].text).includes(line), `the asset's page shows ${line}`);
}));

test('markup in a note is text in the site that is built, and no link runs a script', atDesk({}, async (desk) => {
  const note = MARKUP.join('\n');
  for (const kind of ['note', 'report']) is(await desk.post(`${CAMERA}/${kind}`, { note, ...(kind === 'report' && { severity: 'minor' }) }), 200);
  is(await desk.post(`${CAMERA}/checkout`, { note }), 200);
  const copy = desk.clone();
  execFileSync(tagbook(), ['-C', copy, 'build', '--audience', 'team', '--out', join(desk.home, 'site')], { cwd: desk.home, env: desk.env, stdio: 'pipe' });
  const built = site(copy, 'team', join(desk.home, 'site'));
  for (const path of built.files.filter((file) => /\.(html|svg|xml)$/.test(file))) harmless(read(built, path), path);
  const page = visible(read(built, `${CAMERA}/index.html`));
  for (const line of MARKUP) assert.ok(page.includes(line), `the asset's page shows ${line}`);
}));

const FORGED = 'Mallory <m@evil.example>';
const TRAILERS = `first line\n\nCo-authored-by: ${FORGED}\r\nTagbook-Event: CAM-0009/aaaaaaaaaa\nSigned-off-by: ${FORGED}`;

test('a note adds nothing to the trailers and the authors of its commit', atDesk({}, async (desk) => {
  const { json: { event: id } } = is(await desk.post(`${CAMERA}/report`, { note: TRAILERS, severity: 'minor' }), 200);
  assert.equal(desk.newest('%an|%ae|%cn|%ce'), 'ben|ben@kit.example.org|desk|desk@kit.example.org');
  assert.equal(desk.newest('%(trailers)'), `Tagbook-Event: ${CAMERA}/${id}`);
  assert.doesNotMatch(desk.newest('%B'), /Co-authored-by|Signed-off-by|evil\.example/);
}));

test('whatever a person or a phone is called, the author is one line and the trailers are the desk’s', atDesk({ desk: 'names = true', files: code('ben', CODE, 15) }, async (desk) => {
  const name = `Eve <x@y>\r\n\r\nCo-authored-by: ${FORGED}`;
  const one = 'Eve <x@y> Co-authored-by: z';
  is(await desk.post('approve', { phone: sha256(token('eve')), name }, { as: 'ana' }), 200, 404, 422);
  is(await desk.post('approve', { phone: sha256(token('eva')), name: one }, { as: 'ana' }), 200, 404, 422);
  is(await desk.post('enrol', { code: CODE, name }, { as: null }), 200, 422);
  for (const [index, who] of ['eve', 'eva'].entries()) is(await desk.post(`${FREE[index]}/note`, { note: name }, { as: who }), 200, 401);
  const raw = desk.git(desk.repository, 'log', '--format=%an%x1f%ae%x1f%(trailers:key=Co-authored-by)%x1f%(trailers:key=Signed-off-by)%x1e', 'main');
  for (const commit of raw.split('\x1e').map((each) => each.trim()).filter(Boolean)) {
    const [author, mail, ...forged] = commit.split('\x1f');
    assert.doesNotMatch(author, /[\r\n<>]/);
    assert.match(mail, /^[a-z0-9-]+@kit\.example\.org$/);
    assert.deepEqual(forged.join(''), '', 'forged trailers');
  }
}));

// --- what fits -----------------------------------------------------------------------------------

test('what is out is not handed out again: the answer says who has it and what would work', atDesk({}, async (desk) => {
  is(await desk.post(`${CAMERA}/checkout`), 200);
  await desk.recordsNothing(async () => {
    const { json: { refusal } } = is(await desk.post(`${CAMERA}/checkout`, {}, { as: 'cleo' }), 409);
    assert.equal(refusal.holder, 'ben');
    assert.ok(Date.parse(refusal.since) <= Date.now());
    assert.match(refusal.instead, /have/);
    const page = is(await desk.submit(`${CAMERA}/checkout`, {}, { as: 'cleo' }), 409);
    assert.match(visible(page.text), /Ben Okafor/);
    for (const intent of ['have', 'back']) formOf(page.text, `${CAMERA}/${intent}`);
  });
  await desk.records(1, async () => is(await desk.post(`${CAMERA}/have`, {}, { as: 'cleo' }), 200));
}));

test('what is not out cannot be returned: the answer says what would work', atDesk({}, async (desk) => {
  await desk.recordsNothing(async () => {
    const { json: { refusal } } = is(await desk.post(`${CAMERA}/return`), 409);
    assert.match(refusal.instead, /back/);
    formOf(is(await desk.submit(`${CAMERA}/return`), 409).text, `${CAMERA}/back`);
  });
  await desk.records(1, async () => is(await desk.post(`${CAMERA}/back`), 200));
}));

test('what may not be used is not handed out', atDesk({}, async (desk, t) => {
  for (const [what, number, kinds] of [
    ['retired', RETIRED, { checkout: {}, have: {}, move: { location: 'studio' }, report: { note: 'a', severity: 'minor' }, missing: {} }],
    ['unsafe', UNSAFE, { checkout: {}, have: {} }],
  ]) {
    await t.test(`what is ${what} is not handed out`, async () => {
      await desk.recordsNothing(async () => {
        for (const [kind, fields] of Object.entries(kinds)) {
          const { json: { refusal } } = is(await desk.post(`${number}/${kind}`, fields, { as: 'ana' }), 409);
          assert.ok(refusal.message.length > 5 && refusal.instead, JSON.stringify(refusal));
        }
      });
    });
  }
}));

test('a day that cannot be is not taken', atDesk({}, async (desk, t) => {
  for (const [what, due] of [['yesterday', day(-1)], ['31 February', `${Number(day(0).slice(0, 4)) + 1}-02-31`], ['the year 9999', '9999-12-31'], ['no day', 'soonish']]) {
    await t.test(`a thing cannot be due ${what}, and the answer says so in words`, async () => {
      await desk.recordsNothing(async () => {
        for (const kind of ['checkout', 'have']) {
          const { json: { refusal } } = is(await desk.post(`${CAMERA}/${kind}`, { due }), 422);
          assert.match(refusal.message, /\w+ \w+ \w+/);
        }
        is(await desk.post(`${HELD_BY_BEN}/extend`, { due }), 422);
        is(await desk.post('batch', { numbers: CAMERA, kind: 'have', due }), 422);
        const page = is(await desk.submit(`${CAMERA}/checkout`, { due }), 422);
        assert.equal(formOf(page.text, `${CAMERA}/checkout`).values.due, due);
      });
    });
  }
}));

// --- once ----------------------------------------------------------------------------------------

test('a form that is sent again, by a double tap or the back button, is recorded once with one receipt', atDesk({}, async (desk) => {
  const form = await desk.hidden(`${CAMERA}/checkout`);
  await desk.records(1, async () => {
    const taps = await times(2, () => desk.submit(`${CAMERA}/checkout`, form));
    is(await desk.get(taps[0].headers.location.replace(ORIGIN, '')), 200);
    const again = await desk.submit(`${CAMERA}/checkout`, form);
    const receipts = [...taps, again].map((answer) => is(answer, 303).headers.location);
    assert.equal(new Set(receipts).size, 1, receipts.join(' '));
  });
}));

test('a program that asks again without a nonce gets the same receipt', atDesk({}, async (desk) => {
  await desk.records(1, async () => {
    const [one, two] = [await desk.post(`${CAMERA}/checkout`), await desk.post(`${CAMERA}/checkout`)].map((answer) => is(answer, 200).json);
    assert.deepEqual([two.event, two.at, two.commit], [one.event, one.at, one.commit]);
  });
}));

test('a basket that is sent twice is one commit', atDesk({}, async (desk) => {
  const fields = { numbers: FREE.slice(0, 5).join(' '), kind: 'have', nonce: 'a1b2c3' };
  await desk.records(1, async () => {
    const answers = [...await times(2, () => desk.post('batch', fields)), await desk.post('batch', fields)].map((answer) => is(answer, 200).json);
    for (const answer of answers) assert.deepEqual(answer.events.map(({ event: id }) => id), answers[0].events.map(({ event: id }) => id));
    assert.equal(new Set(answers.map(({ commit }) => commit)).size, 1);
  });
}));

test('an old form, sent again after the thing came back, gets no old receipt but a fresh form', atDesk({}, async (desk) => {
  const form = await desk.hidden(`${CAMERA}/checkout`);
  const receipt = is(await desk.submit(`${CAMERA}/checkout`, form), 303).headers.location;
  is(await desk.post(`${CAMERA}/back`, {}, { as: 'cleo' }), 200);
  await desk.recordsNothing(async () => {
    const page = is(await desk.submit(`${CAMERA}/checkout`, form), 409);
    assert.match(visible(page.text), /recorded .*since then/is);
    assert.ok(!page.text.includes(receipt), 'the old receipt is linked');
    const fresh = formOf(page.text, `${CAMERA}/checkout`).hidden;
    assert.notEqual(fresh.nonce, form.nonce);
    assert.notEqual(fresh.last, form.last);
    const { json: { refusal } } = is(await desk.post(`${CAMERA}/checkout`, form), 409);
    assert.match(refusal.message, /recorded .*since then/is);
  });
  const again = formOf((await desk.submit(`${CAMERA}/checkout`, form)).text, `${CAMERA}/checkout`).hidden;
  await desk.records(1, async () => is(await desk.submit(`${CAMERA}/checkout`, again), 303));
}));

test('fifty who want one thing at once: one has it, the others hear who', atDesk({}, async (desk) => {
  const people = ['ana', 'ben', 'cleo'];
  const answers = await desk.records(1, () => times(50, (index) => desk.post(`${CAMERA}/checkout`, { nonce: `n${index}` }, { as: people[index % 3] })));
  assert.deepEqual(counted(answers.map(({ status }) => status)), { 200: 1, 409: 49 });
  const [{ to }] = desk.events(CAMERA);
  for (const { json: { refusal } } of answers.filter(({ status }) => status === 409)) assert.equal(refusal.holder, to);
  once(desk, ids(answers));
}));

test('fifty notes about one thing at once are fifty commits in a line', atDesk({}, async (desk) => {
  const answers = await desk.records(50, () => times(50, (index) => desk.post(`${CAMERA}/note`, { note: `note ${index}` })));
  assert.deepEqual(counted(answers.map(({ status }) => status)), { 200: 50 });
  once(desk, ids(answers));
  assert.equal(desk.events(CAMERA).length, 50);
}));

test('fifty things taken at once are fifty commits in a line', atDesk({}, async (desk) => {
  const answers = await desk.records(50, () => times(50, (index) => desk.post(`${FREE[index]}/checkout`)));
  assert.deepEqual(counted(answers.map(({ status }) => status)), { 200: 50 });
  once(desk, ids(answers));
}));

test('a form of an older state is decided on what is now', atDesk({}, async (desk) => {
  const [note, take, have, back] = await Promise.all(['note', 'checkout', 'have', 'back'].map((kind) => desk.hidden(`${CAMERA}/${kind}`, { as: 'cleo' })));
  is(await desk.post(`${CAMERA}/checkout`), 200);
  await desk.recordsNothing(async () => {
    const { json: { refusal } } = is(await desk.post(`${CAMERA}/checkout`, take, { as: 'cleo' }), 409);
    assert.equal(refusal.holder, 'ben');
  });
  for (const [kind, fields] of [['note', { ...note, note: 'still fits' }], ['have', have], ['back', back]]) {
    await desk.records(1, async () => is(await desk.submit(`${CAMERA}/${kind}`, fields, { as: 'cleo' }), 303));
  }
}));

// --- when the world fails ------------------------------------------------------------------------

// `fail` breaks the remote and gives what mends it.
for (const [what, fail] of [
  ['is gone', (desk) => {
    renameSync(desk.repository, `${desk.repository}.away`);
    return () => renameSync(`${desk.repository}.away`, desk.repository);
  }],
  ['has a hook that refuses', (desk) => {
    const hook = join(desk.repository, 'hooks', 'pre-receive');
    writeFileSync(hook, '#!/bin/sh\necho "not on a Friday" >&2\nexit 1\n');
    chmodSync(hook, 0o755);
    return () => rmSync(hook);
  }],
  ['protects the branch', (desk) => {
    const hook = join(desk.repository, 'hooks', 'update');
    writeFileSync(hook, '#!/bin/sh\ncase "$1" in refs/heads/main) echo "GH006: protected branch" >&2; exit 1;; esac\n');
    chmodSync(hook, 0o755);
    return () => rmSync(hook);
  }],
]) {
  test(`when the remote ${what}, nothing is claimed, and later it is recorded once`, atDesk({ remote: true }, async (desk) => {
    is(await desk.post(`${FREE[1]}/checkout`), 200);
    const form = await desk.hidden(`${CAMERA}/checkout`);
    const before = desk.refs();
    const mend = fail(desk);
    const failed = is(await desk.post(`${CAMERA}/checkout`, form), 503);
    assert.equal(failed.json.ok, false);
    assert.ok(!failed.json.event && !failed.json.commit, failed.text);
    assert.match(failed.headers['retry-after'], /^\d+$/);
    const page = is(await desk.submit(`${FREE[2]}/checkout`, { note: 'x' }), 503);
    assert.doesNotMatch(page.text, /receipt\//);
    mend();
    assert.equal(desk.refs(), before);
    is(await desk.post(`${FREE[3]}/checkout`), 200);
    const { json: { event: id } } = is(await desk.post(`${CAMERA}/checkout`, form), 200);
    once(desk, [id]);
    const out = desk.events().map(({ number }) => number).filter((number) => FREE.includes(number));
    assert.deepEqual(out.sort(), [CAMERA, FREE[1], FREE[3]], 'what was not acknowledged came later');
  }));
}

test('when the host lets nobody in any more, nothing is claimed, and no password is waited for', atDesk({}, async (desk, t) => {
  const forge = await host(t, desk.home);
  await desk.open([], `${forge.url}/register.git`);
  is(await desk.post(`${FREE[1]}/checkout`), 200);
  forge.isOpen = false;
  await desk.recordsNothing(async () => {
    const failed = is(await desk.post(`${CAMERA}/checkout`), 503);
    assert.ok(!failed.text.includes('desk:token'), 'the answer tells the token');
  });
  forge.isOpen = true;
  await desk.records(1, async () => once(desk, ids([is(await desk.post(`${CAMERA}/checkout`), 200)])));
}));

test('when nothing can be written to the disk, nothing is claimed', atDesk({}, async (desk) => {
  desk.kill();
  const full = join(desk.home, 'on-a-full-disk');
  writeFileSync(full, `#!/bin/bash\ntrap '' XFSZ\nulimit -f 0\nexec ${JSON.stringify(tagbook())} "$@"\n`);
  chmodSync(full, 0o755);
  await desk.open([], false, full);
  await desk.recordsNothing(async () => {
    is(await desk.post(`${CAMERA}/checkout`), 503);
    is(await desk.post('batch', { numbers: `${CAMERA} ${FREE[1]}`, kind: 'have' }), 503);
    is(await desk.get(CAMERA), 200);
  });
  desk.kill();
  desk.isWhole();
  await desk.open();
  await desk.records(1, async () => is(await desk.post(`${CAMERA}/checkout`), 200));
}));

test('a desk that is killed while it records has kept what it acknowledged, and goes on where it was', atDesk({}, async (desk) => {
  const acknowledged = [];
  for (let round = 0; round < 3; round += 1) {
    const all = times(40, async (index) => {
      const answer = await desk.post(`${FREE[index]}/note`, { note: `round ${round}` });
      acknowledged.push(...ids([answer]));
      if (acknowledged.length % 10 === 5) desk.kill();
    });
    await all.catch(() => {});
    desk.kill();
    desk.isWhole();
    await desk.open();
  }
  assert.ok(acknowledged.length > 0);
  once(desk, acknowledged);
  await desk.records(1, async () => is(await desk.post(`${CAMERA}/checkout`), 200));
}));

// --- strangers -----------------------------------------------------------------------------------

test('a report by a program that fills in every field, or at once, looks as if it were taken', atDesk(STRANGERS, async (desk) => {
  const good = { note: 'the lens is cracked', severity: 'major', began: began(1) };
  const report = (fields, how) => desk[how](`${CAMERA}/report`, fields, { as: null, from: how === 'post' ? '127.0.0.2' : '127.0.0.3' });
  for (const how of ['submit', 'post']) {
    const taken = await desk.records(1, async () => is(await report({ ...good, note: how }, how), 200));
    await desk.recordsNothing(async () => {
      for (const fields of [{ ...good, website: 'https://spam.example' }, { ...good, began: began(0) }]) {
        assert.equal(timeless(is(await report(fields, how), 200).text), timeless(taken.text));
      }
    });
  }
}));

test('the form for strangers has a field that people do not see', atDesk(STRANGERS, async (desk) => {
  const { values } = formOf(is(await desk.get(`${CAMERA}/report`, { as: null }), 200).text, `${CAMERA}/report`);
  assert.equal(values.website, '');
  assert.match(values.began, /^\d+$/);
}));

const report = (desk, index, address) => desk.post(`${FREE[index]}/report`, { note: `fault ${index}`, severity: 'minor', began: began(1) }, { as: null, headers: { 'x-forwarded-for': address } });

test('the sixth report in a minute waits, whatever address its sender makes up', atDesk(STRANGERS, async (desk) => {
  await desk.records(5, async () => {
    for (let index = 0; index < 5; index += 1) is(await report(desk, index, `203.0.113.${index}`), 200);
    const sixth = is(await report(desk, 5, '203.0.113.6'), 429);
    assert.match(sixth.headers['retry-after'], /^[1-9]\d*$/);
  });
}));

test('behind a proxy that is known, reports count by the address that it names', atDesk({ ...STRANGERS, args: ['--proxy', '127.0.0.1'] }, async (desk) => {
  await desk.records(6, async () => {
    for (let index = 0; index < 5; index += 1) is(await report(desk, index, '203.0.113.1'), 200);
    // Only what the proxy itself has added counts: the last.
    is(await report(desk, 5, '198.51.100.9, 203.0.113.1'), 429);
    is(await report(desk, 6, '203.0.113.2'), 200);
  });
}));

const plainly = (text, number) => timeless(text).replaceAll(number, 'NUMBER').replaceAll(number.toLowerCase(), 'NUMBER');

test('a stranger learns nothing of what is private: it is answered like what does not exist', atDesk({ ...STRANGERS, args: ['--messages', 'sh -c cat'] }, async (desk) => {
  const asked = {
    'the form of a report': (number) => desk.get(`${number}/report`, { as: null }),
    'a report': (number) => desk.submit(`${number}/report`, { note: 'a', severity: 'minor', began: began(1) }, { as: null, from: '127.0.0.2' }),
    'a report by a program': (number) => desk.post(`${number}/report`, { note: 'a', severity: 'minor', began: began(1) }, { as: null, from: '127.0.0.3' }),
    'the form of a checkout': (number) => desk.get(`${number}/checkout`, { as: null }),
    'a checkout': (number) => desk.submit(`${number}/checkout`, {}, { as: null }),
    'a checkout by a program': (number) => desk.post(`${number}/checkout`, {}, { as: null }),
    'the form of a message': (number) => desk.get(`${number}/tell`, { as: null }),
    'a message': (number) => desk.submit(`${number}/tell`, { message: 'found it', began: began(1) }, { as: null, from: '127.0.0.4' }),
    'a receipt': (number) => desk.get(`receipt/${number}/aaaaaaaa`, { as: null }),
  };
  await desk.recordsNothing(async () => {
    for (const [what, ask] of Object.entries(asked)) {
      const [none, hidden, kept] = [await ask(UNKNOWN), await ask(PRIVATE), await ask(NOT_PUBLIC)];
      assert.deepEqual([hidden.status, kept.status], [none.status, none.status], what);
      assert.equal(plainly(hidden.text, PRIVATE), plainly(none.text, UNKNOWN), what);
      assert.equal(plainly(kept.text, NOT_PUBLIC), plainly(none.text, UNKNOWN), what);
    }
  });
}));

test('a way back to another site is not taken', atDesk({ files: code('ben', CODE, 15) }, async (desk) => {
  const elsewhere = ['https://evil.example', '//evil.example', '/\\evil.example', '/%09/evil.example', 'javascript:alert(1)', '\thttps://evil.example', `${ORIGIN}.evil.example/`];
  for (const [index, to] of elsewhere.entries()) {
    const answers = [
      await desk.submit(`${FREE[index]}/checkout`, { return_to: to }),
      await desk.submit(`${FREE[index]}/checkout?return_to=${encodeURIComponent(to)}`, { note: 'a', nonce: 'b' }, { as: 'cleo' }),
      await desk.get(`${FREE[index]}/checkout?return_to=${encodeURIComponent(to)}`),
      await desk.get(`enrol?return_to=${encodeURIComponent(to)}`, { as: null }),
      ...(index === 0 ? [await desk.submit('enrol', { code: CODE, return_to: to }, { as: null })] : []),
    ];
    for (const { headers: { location }, text } of answers) {
      if (location) assert.ok(location.startsWith(`${URL_OF_DESK}/`), location);
      for (const { attributes: { href, action, content } } of elements(text)) {
        for (const link of [href, action, content]) assert.doesNotMatch(link ?? '', /evil\.example|javascript:/);
      }
    }
  }
}));

// --- connections ---------------------------------------------------------------------------------

const HEAD_OF_POST = `POST /desk/${CAMERA}/note HTTP/1.1\r\nHost: kit.example.org\r\nAuthorization: Bearer ${token('ben')}\r\nContent-Type: ${FORM}\r\n`;

test('slow requests are given up, and hold up nobody else', atDesk({}, async (desk) => {
  await desk.records(10, async () => {
    const slow = Promise.all([
      desk.raw('GET /desk/healthz HTTP/1.1\r\nHost: kit.example.org\r\nX-Slow: ', { drip: 'x' }),
      desk.raw(`${HEAD_OF_POST}X-Slow: `, { drip: 'x' }),
      desk.raw(`${HEAD_OF_POST}Content-Length: 400\r\n\r\nnote=`, { drip: 'x' }),
      desk.raw(`${HEAD_OF_POST}Transfer-Encoding: chunked\r\n\r\n5\r\nnote=\r\n`, { drip: '1\r\nx\r\n' }),
      ...Array.from({ length: 60 }, () => desk.raw('P', {})),
    ]);
    for (let index = 0; index < 10; index += 1) {
      const since = Date.now();
      is(await desk.post(`${CAMERA}/note`, { note: `meanwhile ${index}` }), 200);
      assert.ok(Date.now() - since < 5000, 'it was held up');
      await wait(300);
    }
    for (const { statuses, took } of await slow) {
      assert.ok(statuses.every((status) => [400, 408].includes(status)), statuses.join());
      assert.ok(took < 25_000, `given up after ${took} ms`);
    }
  });
}));

const note = 'note=smuggled';

test('a request that is none is a bad one, whatever stands behind it', atDesk({}, async (desk, t) => {
  for (const [what, bytes] of [
    ['a length and chunks together', `${HEAD_OF_POST}Content-Length: ${note.length}\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n${note}\r\n0\r\n\r\n`],
    ['chunks and a length together', `${HEAD_OF_POST}Transfer-Encoding: chunked\r\nContent-Length: ${note.length}\r\n\r\nd\r\n${note}\r\n0\r\n\r\n`],
    ['two lengths', `${HEAD_OF_POST}Content-Length: 6\r\nContent-Length: ${note.length}\r\n\r\n${note}`],
    ['a negative length', `${HEAD_OF_POST}Content-Length: -1\r\n\r\n${note}`],
    ['a length that is no number', `${HEAD_OF_POST}Content-Length: 0x0d\r\n\r\n${note}`],
    ['an unknown encoding', `${HEAD_OF_POST}Transfer-Encoding: rot13\r\n\r\n${note}`],
    ['chunks that are none', `${HEAD_OF_POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n${note}\r\n0\r\n\r\n`],
    ['a blank before the colon', `${HEAD_OF_POST}Content-Length : ${note.length}\r\n\r\n${note}`],
    ['NUL in its head', `${HEAD_OF_POST}X-Nul: a\0b\r\nContent-Length: ${note.length}\r\n\r\n${note}`],
    ['no request line', `\u0016\u0003\u0001 hello\r\n\r\n`],
  ]) {
    await t.test(`a request with ${what} is a bad one`, async () => {
      await desk.recordsNothing(async () => {
        const { statuses } = await desk.raw(bytes);
        assert.deepEqual(statuses, [400]);
        is(await desk.get('healthz', { as: null }), 200);
      });
    });
  }
}));

test('a head without end is cut off', atDesk({}, async (desk) => {
  await desk.recordsNothing(async () => {
    const { statuses } = await desk.raw(`${HEAD_OF_POST}X-Long: ${'x'.repeat(100_000)}`);
    assert.ok(statuses.every((status) => [400, 431].includes(status)), statuses.join());
  });
}));

test('rubbish after a good request spoils only itself', atDesk({}, async (desk) => {
  await desk.recordsNothing(async () => {
    const { statuses } = await desk.raw('GET /desk/healthz HTTP/1.1\r\nHost: kit.example.org\r\n\r\n\u0000\u0001 rubbish \r\n\r\nGET /desk/healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.deepEqual(statuses, [200, 400]);
    is(await desk.get('healthz', { as: null }), 200);
  });
}));

// --- broken registers ----------------------------------------------------------------------------

const [BAD_RECORD, BAD_LOG, REFUSED_EVENT, SOUND] = FREE;
const BROKEN = {
  [`${folder(BAD_RECORD)}/asset.toml`]: 'name = "Camera\ncategory = \n',
  [`${folder(BAD_LOG)}/log/2026-01-05T100000.000Z-checkout-badbad01.toml`]: '[[event]]\nid = "badbad01"\n<<<<<<< ours\nat = \n',
  ...event(REFUSED_EVENT, 'fd1rst01', 200, 'checkout', 'ben', 'to = "ben"\n'),
  ...event(REFUSED_EVENT, 'refzsed1', 100, 'checkout', 'cleo', 'to = "cleo"\n'),
};

for (const [what, number] of [['record', BAD_RECORD], ['log', BAD_LOG]]) {
  test(`an asset whose ${what} does not parse takes nothing new, and the answer says why`, atDesk({ files: BROKEN, isBroken: true }, async (desk) => {
    await desk.recordsNothing(async () => {
      for (const [kind, fields] of Object.entries({ checkout: {}, have: {}, back: {}, note: { note: 'a' } })) {
        const { json: { refusal } } = is(await desk.post(`${number}/${kind}`, fields), 409, 422);
        assert.match(refusal.message, /read|parse/);
      }
      assert.match(visible(is(await desk.submit(`${number}/have`), 409, 422).text), /can(not)? be read|parse/);
    });
  }));
}

test('an asset with a refused event takes others: who holds it can log the truth, a keeper can void', atDesk({ files: BROKEN, isBroken: true }, async (desk) => {
  await desk.records(1, async () => is(await desk.post(`${REFUSED_EVENT}/back`), 200));
  await desk.records(1, async () => is(await desk.post(`${REFUSED_EVENT}/have`, {}, { as: 'cleo' }), 200));
  await desk.records(1, async () => is(await desk.post(`${REFUSED_EVENT}/void`, { of: 'refzsed1' }, { as: 'ana' }), 200));
}));

test('another asset that is broken does not matter', atDesk({ files: BROKEN, isBroken: true }, async (desk) => {
  await desk.records(1, async () => is(await desk.post(`${SOUND}/checkout`), 200));
  await desk.records(1, async () => {
    const { json: answer } = is(await desk.post('batch', { numbers: `${BAD_RECORD} ${SOUND} ${FREE[5]}`, kind: 'back' }), 200);
    assert.deepEqual(answer.events.map(({ number }) => number), [SOUND, FREE[5]]);
    assert.deepEqual(answer.refusals.map(({ number }) => number), [BAD_RECORD]);
  });
}));

// --- several desks -------------------------------------------------------------------------------

test('two desks and a person share one remote: every acknowledged event is there once', atDesk({ remote: true }, async (desk) => {
  const ports = [desk.port, await desk.open([], desk.repository)];
  const work = desk.clone();
  desk.git(work, 'checkout', '--quiet', '-b', 'side');
  writeFileSync(join(work, folder(FREE[49]), 'asset.toml'), Object.values(camera(FREE[49], 'serial = "S-1"\n'))[0]);
  desk.git(work, 'commit', '--quiet', '--all', '--message', 'side: a serial number');
  const merged = async () => {
    for (;;) {
      await desk.gitMeanwhile(work, 'fetch', '--quiet', 'origin');
      await desk.gitMeanwhile(work, 'checkout', '--quiet', '-B', 'main', 'origin/main');
      await desk.gitMeanwhile(work, 'merge', '--quiet', '--no-ff', '--message', 'merge side', 'side');
      const isPushed = await desk.gitMeanwhile(work, 'push', '--quiet', 'origin', 'main').then(() => true, () => false);
      if (isPushed) return;
    }
  };
  const post = (index) => desk.post(`${FREE[index % 20]}/${index < 20 ? 'checkout' : 'note'}`, index < 20 ? {} : { note: `note ${index}` }, { port: ports[index % 2] });
  const [answers] = await Promise.all([times(40, post), merged()]);
  for (const answer of answers) is(answer, 200, 409, 503);
  assert.ok(ids(answers).length >= 20, JSON.stringify(counted(answers.map(({ status }) => status))));
  once(desk, ids(answers));
  assert.equal(desk.git(desk.repository, 'rev-list', '--merges', '--count', 'main').trim(), '1');
  const both = await Promise.all(ports.map((port) => desk.post(`${FREE[30]}/checkout`, { nonce: 'same' }, { port })));
  assert.equal(new Set(both.map((answer) => is(answer, 200).json.event)).size, 1);
  once(desk, [both[0].json.event]);
}));

// --- baskets -------------------------------------------------------------------------------------

const TWELVE = [...FREE.slice(0, 10), RETIRED, HELD_BY_CLEO];

for (const [kind, refused] of [['have', [RETIRED]], ['checkout', [RETIRED, HELD_BY_CLEO]]]) {
  test(`of a basket of twelve to ${kind}, what can be is one commit, and the rest is named with the reason`, atDesk({}, async (desk) => {
    const fields = { numbers: TWELVE.join('\n'), kind, to: 'ben', due: day(3) };
    const { json: answer } = await desk.records(1, async () => is(await desk.post('batch', fields), 200));
    const done = new Set(answer.events.map(({ number }) => number));
    assert.deepEqual(answer.refusals.map(({ number }) => number), refused);
    assert.deepEqual([...done, ...refused].sort(), [...TWELVE].sort(), 'nothing is left out');
    for (const refusal of answer.refusals) assert.ok(refusal.message && refusal.instead, JSON.stringify(refusal));
    assert.equal(answer.commit, desk.newest('%H'));
    once(desk, answer.events.map(({ event: id }) => id));
  }));

  test(`the page of that basket to ${kind} names each thing`, atDesk({}, async (desk) => {
    const page = await desk.records(1, async () => is(await desk.submit('batch', { numbers: TWELVE.join(','), kind, to: 'ben' }), 200));
    const text = visible(page.text);
    for (const number of TWELVE) assert.ok(text.includes(number), number);
    assert.match(text, /retired/i);
    if (refused.includes(HELD_BY_CLEO)) assert.match(text, /Cleo.* has it/);
  }));
}

test('in a basket of things to bring back, each can have its own fate', atDesk({}, async (desk) => {
  is(await desk.post('batch', { numbers: FREE.slice(0, 6).join(' '), kind: 'have' }), 200);
  const [back, mine, other, broken, unknown, left] = FREE;
  const fields = { [`item.${back}`]: 'back', [`item.${mine}`]: 'mine', [`item.${other}`]: 'other', [`to.${other}`]: 'cleo', [`item.${broken}`]: 'broken', [`item.${unknown}`]: 'unknown', [`item.${left}`]: '' };
  const { json: answer } = await desk.records(1, async () => is(await desk.post('batch', fields), 200));
  const named = new Set([...answer.events, ...answer.refusals].map(({ number }) => number));
  assert.deepEqual([...named], [back, mine, other, broken, unknown]);
}));

test('a basket with what names nothing names that too', atDesk({}, async (desk) => {
  const { json: answer } = await desk.records(1, async () => is(await desk.post('batch', { numbers: `${CAMERA} ${UNKNOWN} ../x`, kind: 'have' }), 200));
  assert.deepEqual(answer.refusals.map(({ number }) => number), [UNKNOWN, '../x']);
}));

test('a basket with nothing in it, or too much, is refused', atDesk({}, async (desk) => {
  const heap = Array.from({ length: 500 }, (_, index) => `CAM-${5000 + index}`).join(' ');
  await desk.recordsNothing(async () => {
    for (const numbers of ['', ' ,; \n', heap]) is(await desk.post('batch', { numbers, kind: 'have' }), 422);
  });
}));

// --- late and undone -----------------------------------------------------------------------------

test('what was tapped two hours ago, offline, is recorded as of then where it fits', atDesk({}, async (desk) => {
  const tapped = ago(120);
  is(await desk.post(`${CAMERA}/have`, { at: ago(60) }, { as: 'cleo' }), 200);
  await desk.records(1, async () => {
    const { json: answer } = is(await desk.post(`${CAMERA}/move`, { location: 'studio', at: tapped, nonce: 'offline' }), 200);
    assert.ok(Math.abs(Date.parse(answer.at) - Date.parse(tapped)) < 1000, answer.at);
  });
}));

test('where it no longer fits, since someone took the thing meanwhile, it is refused by what happened since', atDesk({}, async (desk) => {
  const taken = is(await desk.post(`${CAMERA}/have`, { at: ago(60) }, { as: 'cleo' }), 200).json.event;
  await desk.recordsNothing(async () => {
    const { json: { refusal } } = is(await desk.post(`${CAMERA}/checkout`, { at: ago(120), nonce: 'offline' }), 409);
    assert.equal(refusal.event, taken);
    assert.match(refusal.message, /checkout|cleo/i);
    const page = is(await desk.submit(`${CAMERA}/checkout`, { at: ago(120), nonce: 'offline' }), 409);
    assert.match(visible(page.text), /Cleo Marchetti/);
  });
}));

test('what has not happened yet is not recorded', atDesk({}, async (desk) => {
  await desk.recordsNothing(async () => is(await desk.post(`${CAMERA}/checkout`, { at: ago(-120) }), 422));
}));

test('a member takes back what they did last for a quarter of an hour, and then a keeper does', atDesk({}, async (desk) => {
  await desk.recordsNothing(async () => {
    for (const fields of [{}, { of: 'benhas16' }]) {
      const { json: { refusal } } = is(await desk.post(`${HELD_BY_BEN}/void`, fields), 403);
      assert.match(`${refusal.message} ${refusal.instead}`, /keeper/);
      assert.match(visible(is(await desk.submit(`${HELD_BY_BEN}/void`, fields), 403).text), /keeper/i);
    }
  });
  await desk.records(1, async () => is(await desk.post(`${HELD_BY_BEN}/void`, { of: 'benhas16' }, { as: 'ana' }), 200));
}));

test('a member takes back nothing that someone else did', atDesk({}, async (desk) => {
  const { json: { event: id } } = is(await desk.post(`${CAMERA}/checkout`), 200);
  await desk.recordsNothing(async () => {
    for (const fields of [{}, { of: id }]) {
      const { json: { refusal } } = is(await desk.post(`${CAMERA}/void`, fields, { as: 'cleo' }), 403);
      assert.match(`${refusal.message} ${refusal.instead}`, /keeper/);
    }
    is(await desk.post('batch', { [`item.${CAMERA}`]: 'void', [`of.${CAMERA}`]: id }, { as: 'cleo' }), 403, 409);
  });
  await desk.records(1, async () => is(await desk.post(`${CAMERA}/void`, { of: id }), 200));
}));

test('only a keeper retires, and a member is told so', atDesk({}, async (desk) => {
  await desk.recordsNothing(async () => {
    for (const as of ['ben', 'cleo']) assert.match(is(await desk.post(`${CAMERA}/retire`, { method: 'sold' }, { as }), 403).json.refusal.message, /keeper/);
  });
}));

test('a phone speaks for its own person', atDesk({}, async (desk) => {
  await desk.recordsNothing(async () => is(await desk.post(`${CAMERA}/checkout`, { by: 'ana' }), 403));
}));
