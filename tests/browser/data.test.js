// The data files of a site parse and say the same as its pages.
import { test } from 'node:test';
import { none } from './lib/problems.js';
import { json, read, sites } from './lib/sites.js';

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
