// The `_headers` file as Cloudflare Pages and Netlify read it: path patterns, and below each the headers it adds.
export function parseHeaders(text) {
  const rules = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    if (/^\s/.test(line)) rules.at(-1).lines.push(line.trim());
    else rules.push({ pattern: matcher(line.trim()), lines: [] });
  }
  return rules;
}

// All matching rules count, in order; a header set twice is joined by a comma, `! Name` takes one away.
export function headersFor(rules, pathname) {
  const headers = {};
  for (const rule of rules.filter(({ pattern }) => pattern.test(pathname))) {
    for (const line of rule.lines) {
      if (line.startsWith('!')) {
        delete headers[line.slice(1).trim().toLowerCase()];
        continue;
      }
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).trim().toLowerCase();
      const value = line.slice(colon + 1).trim();
      headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
    }
  }
  return headers;
}

function matcher(path) {
  const escaped = path.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\*/g, '.*').replace(/:[a-z]\w*/gi, '[^/]+')}$`);
}
