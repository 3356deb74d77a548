// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { describeSync, pageAddress, SyncStatus } from '../src/view/sync-status';
import type { SyncInfo } from '../src/wire/messages';
import { run } from './messages';

const sync = (changes: Partial<SyncInfo>): SyncInfo => ({ state: 'sending', waiting: 0, message: '', server: 'api.example', ...changes });

describe('the state of sending', () => {
  it('is in words, with the reason of a delay or refusal', () => {
    const cases: [Partial<SyncInfo>, string][] = [
      [{ state: 'connecting' }, 'connecting to api.example …'],
      [{ state: 'connecting', server: '' }, 'connecting …'],
      [{}, 'sending'],
      [{ state: 'waiting', waiting: 1200 }, '1,200 rows waiting'],
      [{ state: 'waiting', waiting: 1, message: 'no route' }, '1 row waiting: no route'],
      [{ state: 'done' }, 'sent'],
      [{ state: 'done', message: 'a.bin is too large' }, 'sent, but not all: a.bin is too large'],
      [{ state: 'refused', message: 'no right\u202e here' }, 'refused: no right  here'],
    ];
    for (const [changes, text] of cases) expect(describeSync(sync(changes))).toBe(text);
  });

  it('has a link to the page of the run, and only to addresses of the web', () => {
    const status = new SyncStatus();
    const [, page] = status.elements;
    status.update({ ...run, url: 'http://127.0.0.1:8090/local/digits/runs/abcd1234', sync: sync({}) });
    expect([page!.hidden, page!.querySelector('a')!.href, page!.textContent]).toEqual([false, 'http://127.0.0.1:8090/local/digits/runs/abcd1234', '127.0.0.1:8090 ↗']);
    status.update({ ...run, url: 'javascript:alert(1)', sync: sync({}) });
    expect(page!.hidden).toBe(true);
    expect(['javascript:alert(1)', 'data:text/html,x', '//host/x', 'http://', null].map(pageAddress)).toEqual([null, null, null, null, null]);
  });

  it('is hidden for a run that is not sent anywhere', () => {
    const status = new SyncStatus();
    status.update(run);
    expect(status.elements.map((element) => element.hidden)).toEqual([true, true]);
  });
});
