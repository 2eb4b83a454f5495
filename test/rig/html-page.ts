import { parseXml, type XmlElement } from './xml.ts';

/**
 * Reads one of our pages as strictly as XML, with which its markup agrees but for the doctype and elements that have no end:
 * a text that left its place would leave a tag open, an attribute twice, or a character that no page may hold.
 */
export const parsePage = (page: string): XmlElement =>
  parseXml(page.replace('<!doctype html>\n', '').replace(/<(meta|link|wbr)((?: [\w-]+="[^"]*")*)>/g, '<$1$2/>'));

/** Every element, from the top. */
export const allElements = (element: XmlElement): readonly XmlElement[] => [
  element,
  ...element.children.flatMap(allElements),
];

/** The elements of a name. */
export const findElements = (element: XmlElement, name: string): readonly XmlElement[] =>
  allElements(element).filter((one) => one.name === name);
