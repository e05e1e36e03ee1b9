// The data files of a site parse and say the same as its pages.
import { test } from 'node:test';
import { Ajv2020 as Ajv } from 'ajv/dist/2020.js';
import { none } from './lib/problems.js';
import { json, read, sites } from './lib/sites.js';

// Ways in which a register.json is none.
const SPOILT = [
  ['another version', (register) => { register.version = 2; }],
  ['no assets', (register) => { delete register.assets; }],
  ['no commit', (register) => { delete register.commit; }],
  ['a status that there is none', (_, asset) => { asset.status = 'lost'; }],
  ['no status', (_, asset) => { delete asset.status; }],
  ['a custodian left out', (_, asset) => { delete asset.custodian; }],
  ['a number in small letters', (_, asset) => { asset.number = 'cam-0001'; }],
  ['a day as a sentence', (_, asset) => { asset.due = 'Friday'; }],
  ['a fault without an id', (_, asset) => { asset.faults = [{ severity: 'minor', since: '2026-01-01T00:00:00Z', by: 'ana', note: null }]; }],
  ['faults as a count', (_, asset) => { asset.faults = 2; }],
  ['overdue as a word', (_, asset) => { asset.overdue = 'yes'; }],
];

const PUBLIC_KEYS = ['number', 'name', 'category', 'photo'];

for (const site of sites()) {
  const assetFiles = site.files.filter((path) => /^[^/]+\/asset\.json$/.test(path));

  test(`${site.name}: every JSON file parses`, () => {
    const problems = [];
    for (const path of site.files.filter((file) => file.endsWith('.json'))) {
      try {
        json(site, path);
      } catch (error) {
        problems.push(`${path}: ${error.message}`);
      }
    }
    none(problems);
  });

  test(`${site.name}: each asset.json stands at its number`, () => {
    const numbers = assetFiles.map((path) => [path, json(site, path).number]);
    none([
      ...assetFiles.length === 0 ? ['no asset has one'] : [],
      ...numbers.filter(([path, number]) => path !== `${number}/asset.json`).map(([path, number]) => `${path}: number ${number}`),
    ]);
  });

  if (site.team) {
    test(`${site.name}: register.json and each asset.json agree`, () => none(registerProblems(site, assetFiles)));

    test(`${site.name}: register.json is as its schema says`, () => {
      const valid = validator(site);
      if (!valid(json(site, 'register.json'))) none(valid.errors.map(({ instancePath, message }) => `${instancePath} ${message}`));
    });

    test(`${site.name}: a register.json that is spoilt is not`, () => {
      const valid = validator(site);
      none(SPOILT.filter(([, spoil]) => {
        const register = json(site, 'register.json');
        spoil(register, register.assets[0]);
        return valid(register);
      }).map(([what]) => `${what} is let through`));
    });
  } else {
    test(`${site.name}: an asset.json holds only what is on the allow-list`, () => {
      none(assetFiles.flatMap((path) => {
        const more = Object.keys(json(site, path)).filter((key) => !PUBLIC_KEYS.includes(key));
        return more.map((key) => `${path}: has the key ${key}`);
      }));
    });
  }

  if (site.team) {
    test(`${site.name}: search.tsv has a page for each of its numbers`, () => none(searchProblems(site)));
  }

  test(`${site.name}: tagbook.json stands in both its places`, () => {
    if (read(site, 'tagbook.json') !== read(site, '.well-known/tagbook.json')) none(['the two files differ']);
  });
}

// JSON Schema, draft 2020-12; `uint32` is a hint that says no more than the type does.
function validator(site) {
  const formats = { date: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, uint32: true };
  return new Ajv({ allErrors: true, formats }).compile(json(site, 'register.schema.json'));
}

function registerProblems(site, assetFiles) {
  const { version, commit, assets } = json(site, 'register.json');
  const problems = [];
  if (version !== 1) problems.push(`register.json: version ${version}, must be 1`);
  if (commit === undefined) problems.push('register.json: no commit');
  if (assets.length === 0) problems.push('register.json: no assets');
  const byNumber = new Map(assets.map((asset) => [asset.number, asset]));
  if (byNumber.size !== assets.length) problems.push('register.json: a number twice');
  for (const path of assetFiles) {
    const asset = json(site, path);
    const listed = byNumber.get(asset.number) ?? {};
    for (const key of ['number', 'name', 'status', 'custodian', 'location']) {
      if (listed[key] !== asset[key]) problems.push(`${path}: ${key} ${asset[key]}, but ${listed[key]} in register.json`);
    }
  }
  for (const number of byNumber.keys()) {
    for (const file of ['index.html', 'asset.json', 'qr.svg']) {
      if (!site.files.includes(`${number}/${file}`)) problems.push(`there is no ${number}/${file}`);
    }
  }
  return problems;
}

function searchProblems(site) {
  const lines = read(site, 'search.tsv').split('\n');
  const problems = lines.pop() === '' ? [] : ['the last line has no line end'];
  const [header, ...rows] = lines.map((line) => line.split('\t'));
  const seen = new Set();
  rows.forEach((row, index) => {
    const place = `line ${index + 2}`;
    if (row.length !== header.length) problems.push(`${place}: ${row.length} columns, the header has ${header.length}`);
    if (!site.files.includes(`${row[0]}/index.html`)) problems.push(`${place}: ${row[0]} has no page`);
    if (seen.has(row[0])) problems.push(`${place}: ${row[0]} again`);
    seen.add(row[0]);
  });
  for (const { number } of json(site, 'register.json').assets) if (!seen.has(number)) problems.push(`${number} is not in it`);
  return problems;
}
