// A small tree of an XML document; what is not well-formed is thrown with its line.
import { SaxesParser } from 'saxes';

// { name, space, attributes, children, text }
export function parseXml(text) {
  const root = { children: [], text: '' };
  const open = [root];
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ local, uri, attributes }) => {
    const values = Object.fromEntries(Object.values(attributes).map(({ name, value }) => [name, value]));
    const element = { name: local, space: uri, attributes: values, children: [], text: '' };
    open.at(-1).children.push(element);
    open.push(element);
  });
  parser.on('text', (part) => {
    open.at(-1).text += part;
  });
  parser.on('cdata', (part) => {
    open.at(-1).text += part;
  });
  parser.on('closetag', () => open.pop());
  parser.write(text).close();
  return root.children[0];
}

export function childrenNamed(element, name) {
  return element.children.filter((child) => child.name === name);
}
