// What befalls a desk: the same twice, failures, strangers, slow lines, broken registers, others who write.
import assert from 'node:assert/strict';
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { CAMERA, CODE, STRANGERS, answered, began, counted, ids, is, once, timeless, times } from './lib/answers.js';
import {
  FORM, FREE, HELD_BY_BEN, HELD_BY_CLEO, NOT_PUBLIC, ORIGIN, PRIVATE, RETIRED, UNKNOWN, URL_OF_DESK,
  ago, atDesk, camera, code, day, elements, event, folder, formOf, host,
  person, phone, sha256, token, visible,
} from './lib/desk.js';
import { tagbook } from './lib/program.js';
import { read, site } from './lib/sites.js';

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

test('a form that is sent again with the time at which it was first sent is recorded once, at that time or the desk’s', atDesk({}, async (desk) => {
  const form = await desk.hidden(`${CAMERA}/checkout`);
  const basket = { numbers: `${FREE[2]} ${FREE[3]}`, kind: 'have', nonce: 'a1b2c3' };
  const tapped = ago(200);
  await desk.records(2, async () => {
    const one = is(await desk.post(`${CAMERA}/checkout`, { ...form, at: tapped }), 200).json;
    assert.equal(one.at, tapped);
    for (const at of [undefined, ago(100)]) assert.equal(is(await desk.post(`${CAMERA}/checkout`, { ...form, ...(at && { at }) }), 200).json.event, one.event);
    const many = [await desk.post('batch', basket), await desk.post('batch', { ...basket, at: tapped })].map((answer) => is(answer, 200).json);
    assert.deepEqual(many[0].events, many[1].events);
    assert.equal(many[0].batch, many[1].batch);
  });
  // Without a nonce two times are two events.
  await desk.records(2, async () => {
    for (const at of [ago(50), ago(40)]) is(await desk.post(`${CAMERA}/note`, { note: 'x', at }), 200);
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

test('what is said of a part holds, whatever its kit does', atDesk({}, async (desk) => {
  is(await desk.post('KIT-0001/have'), 200);
  const fates = { 'item.KIT-0001': 'back', 'item.CAM-0066': 'broken', 'note.CAM-0066': 'fungus inside', 'item.CAM-0067': 'mine' };
  await desk.records(1, async () => is(await desk.post('batch', fates), 200));
  const state = async (number) => (await desk.post(`${number}/note`, { note: 'looked at' })).json.state;
  assert.equal((await state('KIT-0001')).custodian, null);
  const broken = await state('CAM-0066');
  assert.deepEqual([broken.custodian, broken.faults[0].note], ['ben', 'fungus inside']);
  assert.equal((await state('CAM-0067')).custodian, 'ben');
}));

test('a basket that is sent again has the same receipt, kit and all; once things are back it is told so', atDesk({}, async (desk) => {
  const fields = { numbers: `${CAMERA} KIT-0001`, kind: 'have', nonce: 'one' };
  const first = await desk.records(1, async () => is(await desk.post('batch', fields), 200));
  const numbers = ({ json }) => json.events.map(({ number }) => number).sort();
  assert.deepEqual(numbers(first), [CAMERA, 'CAM-0066', 'CAM-0067', 'KIT-0001']);
  const again = await desk.recordsNothing(async () => is(await desk.post('batch', fields), 200));
  assert.deepEqual(numbers(again), numbers(first));
  is(await desk.post('batch', { numbers: fields.numbers, kind: 'back' }), 200);
  await desk.recordsNothing(async () => {
    const stale = is(await desk.post('batch', fields), 409);
    assert.deepEqual([...new Set(stale.json.refusals.map(({ code: why }) => why))], ['recorded-before']);
  });
}));

test('whoever says that someone else has it says who', atDesk({}, async (desk) => {
  is(await desk.post(`${CAMERA}/have`), 200);
  await desk.recordsNothing(async () => {
    const { json } = is(await desk.post('batch', { [`item.${CAMERA}`]: 'other' }), 409);
    assert.equal(json.refusals[0].code, 'no-person');
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

test('an undo of what is not the newest any more takes nothing else back', atDesk({}, async (desk) => {
  const { json: taken } = is(await desk.post(`${CAMERA}/have`, {}, { as: 'ana' }), 200);
  is(await desk.post(`${CAMERA}/back`), 200);
  await desk.recordsNothing(async () => is(await desk.post(`${CAMERA}/void`, { last: taken.event }, { as: 'ana' }), 409));
}));

test('a fault that comes again can be reported again by a stranger', atDesk(STRANGERS, async (desk) => {
  for (const from of ['127.0.0.2', '127.0.0.3']) {
    const form = formOf((await desk.get(`${CAMERA}/report`)).text, 'report').hidden;
    const fields = { ...form, note: 'the lens is cracked', severity: 'major', began: began(1) };
    await desk.records(1, async () => is(await desk.submit(`${CAMERA}/report`, fields, { as: null, from }), 200));
  }
}));

test('a phone that is enrolled no more is no stranger: what it reports waits', atDesk(STRANGERS, async (desk) => {
  const headers = { authorization: 'Bearer gone' };
  await desk.recordsNothing(async () => is(await desk.post(`${CAMERA}/report`, { note: 'a', severity: 'minor', began: began(1) }, { headers }), 401));
}));

test('a device at the counter hands out for anyone, and makes nobody a keeper', atDesk({ files: phone('desk') }, async (desk) => {
  await desk.records(1, async () => is(await desk.post(`${CAMERA}/have`, { by: 'cleo' }, { as: 'desk' }), 200));
  await desk.recordsNothing(async () => {
    const headers = { authorization: `Bearer ${token('desk')}`, cookie: 'tagbook_by=ana', origin: ORIGIN };
    is(await desk.post('approve', { phone: sha256('evil'), name: 'Ana Ruiz', person: 'ana' }, { headers }), 403);
    is(await desk.post('revoke', { phone: 'b001' }, { headers }), 404);
  });
}));
