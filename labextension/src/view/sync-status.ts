import { formatNumber, plainLine } from '../model/format';
import type { RunInfo, SyncInfo } from '../wire/messages';
import { h, setText } from './dom';

const MAX_REASON = 80;

/** How far a run has been sent, and a link to its page once a server has it. */
export class SyncStatus {
  private readonly state = h('span', { class: 'wnb-fact wnb-sync', hidden: true });
  private readonly link = h('a', { class: 'wnb-run-link', target: '_blank', rel: 'noopener noreferrer' });
  private readonly page = h('span', { class: 'wnb-fact', hidden: true }, this.link);
  readonly elements = [this.state, this.page];

  update({ name, id, url, sync }: RunInfo): void {
    this.state.hidden = !sync;
    this.state.dataset.sync = sync?.state ?? '';
    this.state.title = sync?.message ?? '';
    setText(this.state, sync ? describeSync(sync) : '');
    const address = pageAddress(url);
    this.page.hidden = address === null;
    if (address === null) return;
    setText(this.link, `${address.host} ↗`);
    this.link.href = this.link.title = address.href;
    this.link.setAttribute('aria-label', `Open run ${name || id} on ${address.host}`);
  }
}

/** The state of sending in words. */
export function describeSync({ state, waiting, message, server }: SyncInfo): string {
  const reason = message === '' ? '' : `: ${shorten(plainLine(message))}`;
  if (state === 'connecting') return server ? `connecting to ${server} …` : 'connecting …';
  if (state === 'waiting') return `${waiting === 0 ? '' : `${formatNumber(waiting)} ${waiting === 1 ? 'row' : 'rows'} `}waiting${reason}`;
  if (state === 'done') return reason ? `sent, but not all${reason}` : 'sent';
  return state === 'refused' ? `refused${reason}` : 'sending';
}

/** The address of the run's page; null unless it is one of the web. A saved notebook may come from anybody. */
export function pageAddress(url: string | null): URL | null {
  if (url === null || !/^https?:\/\//i.test(url) || !URL.canParse(url)) return null;
  return new URL(url);
}

function shorten(text: string): string {
  return text.length > MAX_REASON ? `${text.slice(0, MAX_REASON - 1)}…` : text;
}
