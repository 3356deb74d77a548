// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { runPoint } from '../src/chart/run-point';
import { linesOf } from '../src/chart/lines';
import { unitOf } from '../src/model/axes';
import { Overlay } from '../src/model/overlay';
import { magicOf, pageOf, versionsAt } from '../src/model/point-versions';
import { RunData } from '../src/model/run-data';
import { toSnapshot } from '../src/model/snapshot';
import { versionList } from '../src/view/charts/version-list';
import { fromSnapshot } from '../src/wire/decode';
import type { RunInfo, VersionInfo } from '../src/wire/messages';
import { message } from './messages';

const version = (name: string, step: number | null, changes: Partial<VersionInfo> = {}): VersionInfo => ({ name, type: 'model', step, attempt: 0, url: null, ...changes });
const run = (changes: Partial<RunInfo> = {}): RunInfo => ({ project: 'digits', entity: '', ...changes }) as RunInfo;
const names = (versions: VersionInfo[]): string[] => versions.map(({ name }) => name);

describe('the artifacts of a point', () => {
  const logged = [version('data:v0', null), version('model:v0', 10), version('model:v1', 20), version('labels:v0', 25)];

  it('are the newest version of each that was logged at or before its step, the last one first', () => {
    const at = (step: number): string[] => names(versionsAt(logged, { step, attempt: 0, attemptStart: 0 }));
    expect([at(9), at(10), at(20), at(30)]).toEqual([['data:v0'], ['model:v0', 'data:v0'], ['model:v1', 'data:v0'], ['labels:v0', 'model:v1', 'data:v0']]);
  });

  it('of an earlier attempt count up to the step from which the point\'s attempt started', () => {
    const again = [...logged, version('model:v2', 15, { attempt: 1 }), version('any:v0', 40, { attempt: null })];
    expect(names(versionsAt(again, { step: 30, attempt: 1, attemptStart: 12 }))).toEqual(['model:v2', 'data:v0']);
    expect(names(versionsAt(again, { step: 14, attempt: 1, attemptStart: 12 }))).toEqual(['model:v0', 'data:v0']);
    expect(names(versionsAt(again, { step: 50, attempt: 0, attemptStart: 0 }))).toEqual(['any:v0', 'labels:v0', 'model:v1', 'data:v0']);
  });

  it('are found for a point by its step, whatever the x axis is', () => {
    const data = new RunData();
    data.apply(message([{ key: 'loss', n: 4, values: [4, 3, 2, 1], steps: [10, 20, 5, 15], attempts: [[0, 0], [1, 2]] }], { artifacts: logged }));
    const chart = { title: 'loss', keys: ['loss'] };
    const lines = linesOf(Overlay.of(data), chart, { unit: unitOf(Overlay.of(data), chart, 'time') });
    expect(lines.map((line) => runPoint({ line, index: 1 }))).toEqual([{ step: 20, attempt: 0, attemptStart: 10 }, { step: 15, attempt: 1, attemptStart: 5 }]);
    expect(names(data.artifacts)).toEqual(names(fromSnapshot(JSON.parse(JSON.stringify(toSnapshot(data, null)))).header.artifacts!));
  });
});

describe('the list of versions', () => {
  it('has a link to the page on the same server only', () => {
    expect(pageOf(version('model:v0', 1, { url: '/me/digits/artifacts/model/v0' }))).toBe('/me/digits/artifacts/model/v0');
    for (const url of ['//evil.example/x', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '', null]) expect(pageOf(version('model:v0', 1, { url }))).toBeNull();
  });

  it('offers no magic for a name that would be code in a cell', () => {
    expect(magicOf(version('model:v0', 1), run())).toBe('%wandb artifact digits/model:v0');
    expect(magicOf(version('model:v0', 1), run({ entity: 'team' }))).toBe('%wandb artifact team/digits/model:v0');
    expect(magicOf(version('model:v0', 1), run({ project: 'a b' }))).toBe('%wandb artifact model:v0');
    expect(magicOf(version('model:v0\n!rm -r x', 1), run())).toBeNull();
    const list = versionList(run(), [version('<img>:v0\n!rm', 3)], 3);
    expect([list.querySelector('img'), list.querySelector('button'), list.textContent]).toEqual([null, null, '<img>:v0\n!rmmodel · step 3']);
  });

  it('is refused where it has another form', () => {
    const saved = { ...toSnapshotOf(), artifacts: [{ name: 'model:v0', type: 'model', step: '3', attempt: 0, url: null }] };
    expect(() => fromSnapshot(saved)).toThrow('incomplete artifact versions');
  });
});

function toSnapshotOf(): object {
  const data = new RunData();
  data.apply(message([{ key: 'loss', n: 1, values: [4] }]));
  return toSnapshot(data, null)!;
}
