export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

// The Char production of XML 1.0: everything that a document may hold.
const legal = /^(?:[\t\n\r\u0020-\uD7FF\uE000-\uFFFD]|[\uD800-\uDBFF][\uDC00-\uDFFF])*$/;
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#9': '\t', '#10': '\n' };

const decode = (text: string): string => {
  if (text.includes('<')) throw new Error(`a bare < in ${JSON.stringify(text)}`);
  return text.replace(/&([^;&]{0,8};)?/g, (whole, name: string | undefined) => {
    const value = entities[name?.slice(0, -1) ?? ''];
    if (value === undefined) throw new Error(`a bare & or unknown entity: ${JSON.stringify(whole)}`);
    return value;
  });
};

const parseAttributes = (text: string): Record<string, string> => {
  const found: Record<string, string> = {};
  const rest = text.replace(/\s+([\w.:-]+)="([^"]*)"/g, (_, name: string, value: string) => {
    if (name in found) throw new Error(`attribute ${name} twice`);
    found[name] = decode(value);
    return '';
  });
  if (rest.trim() !== '') throw new Error(`not attributes: ${JSON.stringify(rest)}`);
  return found;
};

/** Reads a document as strictly as XML 1.0 asks, in the subset that reports use; throws where it is not well-formed. */
export const parseXml = (document: string): XmlElement => {
  if (!legal.test(document)) throw new Error('a character that XML 1.0 does not allow');
  const body = document.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  const top: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open: XmlElement[] = [top];
  let position = 0;
  for (const match of body.matchAll(/<(\/?)([A-Za-z][\w.-]*)((?:\s+[\w.:-]+="[^"]*")*)\s*(\/?)>/g)) {
    const [whole, closing, name = '', attributes = '', empty] = match;
    const parent = open.at(-1) ?? top;
    parent.text += decode(body.slice(position, match.index));
    position = match.index + whole.length;
    if (closing === '/') {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes nothing`);
      continue;
    }
    const element: XmlElement = { name, attributes: parseAttributes(attributes), children: [], text: '' };
    parent.children.push(element);
    if (empty === '') open.push(element);
  }
  top.text += decode(body.slice(position));
  const [root, ...more] = top.children;
  if (open.length !== 1 || root === undefined || more.length > 0 || top.text.trim() !== '') {
    throw new Error('not one closed root element');
  }
  return root;
};
