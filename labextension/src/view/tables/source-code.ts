import { h } from '../dom';

const KEYWORDS = new Set(('False None True and as assert async await break case class continue def del elif else except finally for from global if '
  + 'import in is lambda match nonlocal not or pass raise return try while with yield').split(' '));

/** Comments; strings, including long and unterminated ones; decorators and magics; numbers; names. All else stays plain. */
const TOKENS = new RegExp([
  String.raw`(?<comment>#[^\n]*)`,
  String.raw`(?<string>(?:\b[rRbBfFuU]{1,2})?(?:"""(?:\\[^]|[^\\])*?(?:"""|(?![^]))|'''(?:\\[^]|[^\\])*?(?:'''|(?![^]))|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))`,
  String.raw`(?<magic>^[ \t]*(?:%{1,2}\w+|![^\n]*|@[\w.]+))`,
  String.raw`(?<number>\b(?:0[xXoObB][\da-fA-F_]+|\d[\d_]*\.?[\d_]*(?:[eE][+-]?\d+)?j?)\b)`,
  String.raw`(?<name>[^\W\d]\w*)`,
].join('|'), 'gmu');

/** Python source as highlighted elements; all text stays text. */
export function highlight(source: string): Node[] {
  const nodes: Node[] = [];
  let end = 0;
  for (const match of source.matchAll(TOKENS)) {
    const kind = kindOf(match);
    if (kind === '') continue;
    nodes.push(document.createTextNode(source.slice(end, match.index)), h('span', { class: `wnb-code-${kind}` }, match[0]));
    end = match.index + match[0].length;
  }
  nodes.push(document.createTextNode(source.slice(end)));
  return nodes;
}

function kindOf({ 0: text, groups = {} }: RegExpMatchArray): string {
  if (groups.name !== undefined) return KEYWORDS.has(text) ? 'keyword' : '';
  return Object.entries(groups).find(([, one]) => one !== undefined)?.[0] ?? '';
}

/** Python source in a block that can be scrolled with the keyboard. */
export function sourceBlock(source: string, truncated: boolean, name: string): HTMLElement {
  return h('pre', { class: 'wnb-code', tabindex: 0, role: 'region', 'aria-label': `Source of ${name}` },
    h('code', {}, ...highlight(source), truncated && h('span', { class: 'wnb-code-comment' }, '\n… truncated')));
}
