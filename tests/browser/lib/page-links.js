// What a page points at and what can be pointed at in it.
import { parse } from 'parse5';

const LINKS = ['href', 'src', 'action', 'formaction', 'poster', 'data'];
const LISTS = ['srcset', 'imagesrcset'];

// { links: [{ url, line, attribute }], ids: Set }, urls as written.
export function linksOf(html) {
  const found = { links: [], ids: new Set() };
  visit(parse(html, { sourceCodeLocationInfo: true }), found);
  return found;
}

function visit(node, found) {
  const line = node.sourceCodeLocation?.startLine ?? 0;
  for (const { name, value } of node.attrs ?? []) {
    if (name === 'id' || (name === 'name' && node.tagName === 'a')) found.ids.add(value);
    if (LINKS.includes(name) && (name !== 'data' || node.tagName === 'object')) found.links.push({ url: value, line, attribute: name });
    if (LISTS.includes(name)) found.links.push(...candidates(value).map((url) => ({ url, line, attribute: name })));
    if (name === 'content' && isRefresh(node)) found.links.push({ url: value.replace(/^[^=]*=\s*/, ''), line, attribute: 'refresh' });
  }
  for (const child of node.childNodes ?? []) visit(child, found);
}

function candidates(srcset) {
  return srcset.split(',').map((part) => part.trim().split(/\s+/)[0]).filter(Boolean);
}

function isRefresh({ tagName, attrs }) {
  return tagName === 'meta' && attrs.some(({ name, value }) => name === 'http-equiv' && value.toLowerCase() === 'refresh');
}

// The files a style sheet loads, as written.
export function stylesheetLinks(css) {
  const uncommented = css.replace(/\/\*[^]*?\*\//g, '');
  return [...uncommented.matchAll(/url\(\s*(["']?)(.*?)\1\s*\)|@import\s+(["'])(.*?)\3/g)].map((match) => match[2] ?? match[4]);
}
