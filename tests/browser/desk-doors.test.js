// Who may tell the desk what: methods, origins, phones, codes, bodies.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { CAMERA, CODE, counted, is, once, timeless, times } from './lib/answers.js';
import {
  FORM, HELD_BY_BEN, ORIGIN, atDesk, code, cookie, day, encoded, formOf, host,
  person, sha256, token, visible,
} from './lib/desk.js';
import { tagbook } from './lib/program.js';
import { read, site } from './lib/sites.js';

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
  for (const path of ['revoke', 'by']) is(await desk.get(`${path}?phone=b001&name=Eve&by=ana`, { as: 'ana' }), 405);
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
