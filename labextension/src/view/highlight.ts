import { h } from './dom';

const KEYWORDS = new Set(('False None True and as assert async await break case class continue def del elif else except finally for from global if '
  + 'import in is lambda match nonlocal not or pass raise return try while with yield').split(' '));

/** Comments; strings, also long and unfinished ones; decorators and magics; numbers; names. What is none of these stays plain. */
const TOKENS = new RegExp([
  String.raw`(?<comment>#[^\n]*)`,
  String.raw`(?<string>(?:\b[rRbBfFuU]{1,2})?(?:"""(?:\\[^]|[^\\])*?(?:"""|(?![^]))|'''(?:\\[^]|[^\\])*?(?:'''|(?![^]))|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))`,
  String.raw`(?<magic>^[ \t]*(?:%{1,2}\w+|![^\n]*|@[\w.]+))`,
  String.raw`(?<number>\b(?:0[xXoObB][\da-fA-F_]+|\d[\d_]*\.?[\d_]*(?:[eE][+-]?\d+)?j?)\b)`,
  String.raw`(?<name>[^\W\d]\w*)`,
].join('|'), 'gmu');

/** Python's source as elements that show its parts; every text stays a text. */
export function highlight(source: string): Node[] {
  const nodes: Node[] = [];
  let at = 0;
  for (const match of source.matchAll(TOKENS)) {
    const kind = kindOf(match);
    if (kind === '') continue;
    nodes.push(document.createTextNode(source.slice(at, match.index)), h('span', { class: `wnb-code-${kind}` }, match[0]));
    at = match.index + match[0].length;
  }
  nodes.push(document.createTextNode(source.slice(at)));
  return nodes;
}

function kindOf({ 0: text, groups = {} }: RegExpMatchArray): string {
  if (groups.name !== undefined) return KEYWORDS.has(text) ? 'keyword' : '';
  return Object.entries(groups).find(([, one]) => one !== undefined)?.[0] ?? '';
}
