// What the desk is told: which asset, which words, and what fits.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { CAMERA, CODE, began, is } from './lib/answers.js';
import {
  FREE, HELD_BY_BEN, ORIGIN, RETIRED, UNSAFE, atDesk, code, day, elements, event,
  folder, formOf, person, sha256, textIn, token, visible,
} from './lib/desk.js';
import { tagbook } from './lib/program.js';
import { read, site } from './lib/sites.js';

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
