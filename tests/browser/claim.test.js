// Tags that are printed before they are needed: a keeper scans one and says what it is on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CAMERA, is, times } from './lib/answers.js';
import { FREE, atDesk, elements, formOf, forms, visible } from './lib/desk.js';

const TAG = '7K3QXJ';
const OTHER = '9ZP4MJ';
const TAGS = { files: { 'tags/2026-11-23-a.toml': `minted = 2026-11-23T09:00:00Z\nby = "ana"\nnumbers = ["${TAG}", "${OTHER}"]\n` } };
const DRILL = { name: 'Drill "Bosch"\u00a012', category: 'camera', serial: 'SN-1', home: 'shelf' };

test('a keeper who scans a new tag registers what it is on, in one commit', atDesk(TAGS, async (desk) => {
  const page = is(await desk.get(TAG, { as: 'ana' }), 200);
  assert.match(visible(page.text), /not in use yet/);
  const claim = forms(page.text).find(({ action }) => action.endsWith(`/${TAG}/claim`));
  assert.deepEqual(Object.keys(claim.values), ['name', 'serial', 'photo']);
  const choices = elements(page.text).filter(({ name }) => name === 'option').map(({ attributes }) => attributes.value);
  assert.ok(choices.includes('camera') && choices.includes('shelf'));
  await desk.records(1, async () => is(await desk.submit(`${TAG}/claim`, DRILL, { as: 'ana' }), 303));
  const asset = is(await desk.get(`${TAG}.json`, { as: 'ben' }), 200).json;
  assert.deepEqual([asset.number, asset.name, asset.serial, asset.location], [TAG, DRILL.name, 'SN-1', 'shelf']);
  await desk.records(1, async () => is(await desk.post(`${TAG}/have`, {}, { as: 'ben' }), 200));
}));

test('a tag that is in use is claimed by nobody else, however many try at once', atDesk(TAGS, async (desk) => {
  const answers = await desk.records(1, () => times(6, () => desk.post(`${TAG}/claim`, DRILL, { as: 'ana' })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409, 409, 409, 409]);
  await desk.recordsNothing(async () => {
    const again = is(await desk.submit(`${TAG}/claim`, { ...DRILL, name: 'Saw' }, { as: 'ana' }), 409);
    assert.match(visible(again.text), new RegExp(`It is on ${TAG}\\s+Drill`));
    is(await desk.submit(`${TAG}/tie`, { number: CAMERA }, { as: 'ana' }), 409);
  });
}));

test('a tag that is tied to a thing leads to it, and is spent', atDesk(TAGS, async (desk) => {
  await desk.records(1, async () => is(await desk.submit(`${OTHER}/tie`, { number: ' cam 0001 ' }, { as: 'ana' }), 303));
  assert.equal(is(await desk.get(`${OTHER}.json`, { as: 'ben' }), 200).json.number, FREE[0]);
  await desk.recordsNothing(async () => {
    is(await desk.submit(`${OTHER}/tie`, { number: FREE[1] }, { as: 'ana' }), 409);
    is(await desk.submit(`${OTHER}/claim`, DRILL, { as: 'ana' }), 409);
  });
}));

test('what makes no record is said, and nothing typed is lost', atDesk(TAGS, async (desk) => {
  await desk.recordsNothing(async () => {
    for (const [fields, field] of [
      [{ ...DRILL, name: ' ' }, 'name'],
      [{ ...DRILL, category: 'boats' }, 'category'],
      [{ ...DRILL, home: 'the moon' }, 'home'],
      [{ ...DRILL, serial: 'a\u202eb' }, 'serial'],
    ]) {
      const page = is(await desk.submit(`${TAG}/claim`, fields, { as: 'ana' }), 422);
      assert.match(page.text, /aria-invalid="true"|class="notice|role="alert"/, field);
      assert.ok(page.text.includes('SN-1') || field === 'serial', field);
    }
    is(await desk.submit(`${TAG}/tie`, { number: 'CAM-9999' }, { as: 'ana' }), 422);
    is(await desk.submit(`${TAG}/claim`, { ...DRILL, colour: 'red' }, { as: 'ana' }), 400);
  });
}));

test('only a keeper claims, and only what was minted', atDesk(TAGS, async (desk) => {
  await desk.recordsNothing(async () => {
    const page = is(await desk.get(TAG, { as: 'ben' }), 200);
    assert.match(visible(page.text), /A keeper can register/);
    assert.deepEqual(forms(page.text), []);
    is(await desk.submit(`${TAG}/claim`, DRILL, { as: 'ben' }), 403);
    is(await desk.submit(`${TAG}/claim`, DRILL, { as: null }), 401);
    is(await desk.get(TAG, { as: null }), 404);
    is(await desk.submit('AAAAAA/claim', DRILL, { as: 'ana' }), 404);
    is(await desk.get('AAAAAA', { as: 'ana' }), 404);
  });
}));

test('a basket forgives how numbers are typed, where they can mean only one thing', atDesk({}, async (desk) => {
  const { json } = await desk.records(1, async () => is(await desk.post('batch', { numbers: 'cam0001, CAM-OOO2 kit-ooo1', kind: 'have' }), 200));
  assert.deepEqual(json.refusals, []);
  assert.deepEqual([...new Set(json.events.map(({ number }) => number))].sort(), [FREE[0], FREE[1], 'CAM-0066', 'CAM-0067', 'KIT-0001'].sort());
}));

test('a number whose check character does not fit is said to be mistyped', atDesk(TAGS, async (desk) => {
  await desk.recordsNothing(async () => {
    const said = async (number) => [
      is(await desk.submit('batch', { numbers: number, kind: 'have' }), 200, 409, 422),
      is(await desk.submit(`${TAG}/tie`, { number }, { as: 'ana' }), 422),
    ].map(({ text }) => visible(text));
    for (const text of await said('7K3QJX')) assert.match(text, /check character does not fit/);
    for (const text of await said('CAM-9999')) assert.doesNotMatch(text, /check character/);
  });
}));

test('the form for a tag is one that a browser fills in', atDesk(TAGS, async (desk) => {
  const page = is(await desk.get(TAG, { as: 'ana' }), 200);
  assert.equal(formOf(page.text, `${TAG}/tie`).values.number, '');
}));

const NEEDY = {
  'categories.toml': `[camera]
name = "Cameras"
prefix = "CAM"
require = ["manufacturer"]

[camera.fields.mount]
type = "choice"
choices = ["E", "PL"]
required = true
`,
};

test('what a kind of thing cannot be without is asked for once the kind is chosen', atDesk({ files: { ...TAGS.files, ...NEEDY }, isBroken: true }, async (desk) => {
  const page = await desk.recordsNothing(async () => is(await desk.submit(`${TAG}/claim`, DRILL, { as: 'ana' }), 422));
  assert.deepEqual(Object.keys(formOf(page.text, `${TAG}/claim`).values), ['name', 'serial', 'manufacturer', 'photo']);
  assert.match(page.text, /name="field.mount"/);
  assert.match(page.text, /value="shelf" selected/);
  await desk.records(1, async () => is(await desk.submit(`${TAG}/claim`, { ...DRILL, manufacturer: 'Bosch', 'field.mount': 'PL' }, { as: 'ana' }), 303));
  const { json } = is(await desk.get(`${TAG}.json`, { as: 'ben' }), 200);
  assert.equal(json.manufacturer, 'Bosch');
}));
