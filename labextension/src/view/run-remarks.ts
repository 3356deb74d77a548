import { plainLine } from '../model/format';
import type { RunInfo } from '../wire/messages';
import { h, setText } from './dom';

/** How many remarks there are on repeating a run that has ended; the remarks themselves are its tooltip. */
export class RunRemarks {
  readonly element = h('span', { class: 'wnb-fact wnb-remarks', hidden: true });

  update({ remarks }: RunInfo): void {
    this.element.hidden = !Array.isArray(remarks);
    if (!Array.isArray(remarks)) return;
    setText(this.element, describeRemarks(remarks.length));
    this.element.title = remarks.map((remark) => plainLine(String(remark))).join('\n');
  }
}

/** The number of remarks in words, as `remarks_text` in run_text.py. */
export function describeRemarks(count: number): string {
  return `reproducible: ${count || 'no'} remark${count === 1 ? '' : 's'}`;
}
