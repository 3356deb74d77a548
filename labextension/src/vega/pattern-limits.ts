import { expressionFunction } from 'vega';

/** Steps of one search, and the time of all searches of one task of the page, so that a pattern cannot freeze the page. */
const [MAX_STEPS, MAX_SEARCH_MS] = [20_000_000, 3_000];
const MAX_TEXT = 1_000_000;

/** What a backtracking engine does at most with a part of a pattern: the ways to match it from one place, and the steps for all of them. */
interface Cost {
  ways: number;
  steps: number;
}

const ONE: Cost = { ways: 1, steps: 1 };
const UNBOUNDED: Cost = { ways: Infinity, steps: Infinity };

/** When the searches of the current task began; null before its first one. */
let searchingSince: number | null = null;

/** Let the expression functions that search with patterns refuse what would take too long. It is needed once, before the first chart. */
export function limitPatterns(): void {
  expressionFunction('test', (pattern: unknown, text: unknown) => checked(toPattern(pattern), text).test(String(text)));
  expressionFunction('replace', (text: unknown, pattern: unknown, replacement: unknown) => String(text).replace(separator(pattern, text), String(replacement)));
  expressionFunction('split', (text: unknown, pattern: unknown, limit: unknown) => String(text).split(separator(pattern, text), limit === undefined ? undefined : Number(limit)));
}

/** The most steps that a search with a pattern takes in a text of this length; Infinity for backreferences and lookarounds. */
export function searchSteps(source: string, flags: string, length: number): number {
  if (flags.includes('v')) return Infinity;
  const { steps, isAnchored } = new PatternCost(source, length).whole();
  return isAnchored && !flags.includes('m') ? length + steps : (length + 1) * steps;
}

function toPattern(pattern: unknown): RegExp {
  return pattern instanceof RegExp ? pattern : new RegExp(String(pattern));
}

function separator(pattern: unknown, text: unknown): string | RegExp {
  return pattern instanceof RegExp ? checked(pattern, text) : String(pattern);
}

/** The pattern, if a search in the text is within the limits. Throws otherwise. */
function checked(pattern: RegExp, text: unknown): RegExp {
  const { length } = String(text);
  if (length > MAX_TEXT || !(searchSteps(pattern.source, pattern.flags, length) <= MAX_STEPS)) {
    throw new Error(`its pattern /${pattern.source.slice(0, 50)}/ may search too long in a text of ${length.toLocaleString('en')} characters`);
  }
  checkTime();
  return pattern;
}

/** Throw if the searches of the current task take longer than they may. */
function checkTime(): void {
  if (searchingSince === null) {
    searchingSince = performance.now();
    setTimeout(() => (searchingSince = null));
  } else if (performance.now() - searchingSince > MAX_SEARCH_MS) throw new Error(`its patterns search for more than ${MAX_SEARCH_MS / 1000} seconds`);
}

/** Reads a valid pattern, and adds up what its parts cost in a text of a length. */
class PatternCost {
  private at = 0;

  constructor(private readonly source: string, private readonly length: number) {}

  /** The steps of the whole pattern, and whether it matches at the start of a text only. */
  whole(): { steps: number; isAnchored: boolean } {
    const first = this.sequence();
    const isAnchored = this.source.startsWith('^') && this.at === this.source.length;
    this.at = 0;
    return { steps: isAnchored ? first.steps : this.pattern().steps, isAnchored };
  }

  /** The alternatives up to the end or the closing bracket. */
  pattern(): Cost {
    const branches = [this.sequence()];
    while (this.source[this.at] === '|') {
      this.at += 1;
      branches.push(this.sequence());
    }
    return { ways: sum(branches.map(({ ways }) => ways)), steps: sum(branches.map(({ steps }) => steps)) };
  }

  private sequence(): Cost {
    const total = { ...ONE };
    while (this.at < this.source.length && !'|)'.includes(this.source[this.at]!)) {
      const { ways, steps } = this.repeated(this.atom());
      total.steps += total.ways * steps;
      total.ways *= ways;
    }
    return total;
  }

  private atom(): Cost {
    const character = this.source[this.at++];
    if (character === '(') return this.group();
    if (character === '[') this.skip(/(?:[^\]\\]|\\.)*\]/suy);
    if (character !== '\\') return ONE;
    const escaped = this.source[this.at++] ?? '';
    if ((escaped === 'p' || escaped === 'P' || escaped === 'u') && this.source[this.at] === '{') this.skip(/\{[^}]*\}/suy);
    return /[1-9k]/.test(escaped) ? UNBOUNDED : ONE;
  }

  private group(): Cost {
    const isPlain = this.source[this.at] !== '?' || this.skip(/\?(?::|<[^=!>][^>]*>)/suy);
    if (!isPlain) this.at += 1;
    const inner = this.pattern();
    this.at += 1;
    return isPlain ? inner : UNBOUNDED;
  }

  /** What a part costs with the quantifier that follows it. An unlimited one has a turn per character at most. */
  private repeated(part: Cost): Cost {
    const match = this.match(/(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/suy);
    if (match === null) return part;
    const [, sign, from, comma, to] = match;
    const least = sign === undefined ? Number(from) : sign === '+' ? 1 : 0;
    const most = sign === '?' ? 1 : sign !== undefined || (comma && !to) ? Infinity : Number(to || from);
    return repeat(part, least, Math.max(least, Math.min(most, this.length + 1)));
  }

  private skip(form: RegExp): boolean {
    return this.match(form) !== null;
  }

  private match(form: RegExp): RegExpExecArray | null {
    form.lastIndex = this.at;
    const match = form.exec(this.source);
    if (match !== null) this.at = form.lastIndex;
    return match;
  }
}

/** The cost of `least` to `most` turns of a part, one after another. */
function repeat({ ways, steps }: Cost, least: number, most: number): Cost {
  if (ways === 1) return { ways: most - least + 1, steps: 1 + most * steps };
  const total = { ways: 0, steps: 1 };
  let before = 1; // ways of the turns so far
  for (let turn = 0; ; turn++) {
    if (turn >= least) total.ways += before;
    if (turn === most) return total;
    total.steps += before * steps;
    if (total.steps > MAX_STEPS) return UNBOUNDED;
    before *= ways;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
