import { describe, expect, it } from 'vitest';
import { breakable, html, keepEnd, shorten, spellHidden } from '../../../src/report/html.ts';

describe('html', () => {
  it('escapes texts, in the body and in attributes, and takes markup as it is', () => {
    const inner = html`<b>${'<&>"'}</b>`;
    expect(html`<a title="x ${'"<&>'} y">${inner}${[inner, inner]} ${3}</a>`.markup).toBe(
      `<a title="x &quot;&lt;&amp;&gt; y">${'<b>&lt;&amp;&gt;&quot;</b>'.repeat(3)} 3</a>`,
    );
  });

  it('spells out what a reader would not see, marked in the body and plain in an attribute', () => {
    expect(html`<p>${'a\u202eb'}</p>`.markup).toBe('<p>a<span class="hid">\\u202e</span>b</p>');
    expect(html`<p title="${'a\u202eb'}"></p>`.markup).toBe('<p title="a\\u202eb"></p>');
    // A second value in one attribute, and a body behind an attribute.
    expect(html`<p class="${'a'} ${'\u200b'}" title="">${'\u200b'}</p>`.markup).toBe(
      '<p class="a \\u200b" title=""><span class="hid">\\u200b</span></p>',
    );
  });

  it.each([
    ['\u0000\u0007\u001b\u007f\u0085', '\\x00\\x07\\x1b\\x7f\\x85'],
    ['\u202a\u202e\u2066\u2069\u200e\u061c', '\\u202a\\u202e\\u2066\\u2069\\u200e\\u061c'],
    ['\u200b\u2060\ufeff\u00ad\u3164', '\\u200b\\u2060\\ufeff\\xad\\u3164'],
    ['\u{e0041}', '\\U000e0041'],
    ['\u2028\u2029', '\\u2028\\u2029'],
    ['\ud800x\udfff\uffff', '\\ud800x\\udfff\\uffff'],
    ['a\r\nb\rc', 'a\nb\\x0dc'],
  ])('spells %j', (text, spelled) => {
    expect(spellHidden(text)).toBe(spelled);
  });

  it('leaves what people write: lines, tabs, letters of any script, pictures', () => {
    const text = 'a\n\tcaf\u00e9 \u0434\u0430 \u65e5\u672c \u0645\u0631\u062d\u0628\u0627 \u{1f40d} \\x1b';
    expect(spellHidden(text)).toBe(text);
  });

  it('lets a dotted name break behind its dots, and nothing else of it', () => {
    expect(breakable('test.a.B (x=1.5). <').markup).toBe('test.<wbr>a.<wbr>B (x=1.<wbr>5). &lt;');
  });
});

describe('shorten', () => {
  it('says how much it left out, and cuts no character in two', () => {
    expect(shorten('abc', 3)).toBe('abc');
    expect(shorten('abcdef', 4)).toBe('abcd … (2 more characters)');
    expect(shorten('abc\u{1f40d}ef', 4)).toBe('abc … (4 more characters)');
  });
});

describe('keepEnd', () => {
  it('keeps the last lines within both limits', () => {
    expect(keepEnd('a\nb\nc\n\n', 5, 100)).toBe('a\nb\nc');
    expect(keepEnd('a\r\nb\r\nc', 2, 100)).toBe('… (1 lines before these)\nb\nc');
    expect(keepEnd('aaaa\nbbbb\ncccc', 9, 9)).toBe('… (1 lines before these)\nbbbb\ncccc');
    expect(keepEnd('a'.repeat(600), 9, 9)).toBe(`${'a'.repeat(500)} … (100 more characters)`);
  });
});
