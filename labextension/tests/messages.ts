import type { MessageHeader, Message, RunInfo, SeriesHeader } from '../src/wire/messages';

export const run: RunInfo = {
  id: 'abcd1234', name: 'snowy-owl-10', project: 'digits', entity: '', group: '', jobType: '', notes: '', tags: [],
  state: 'running', exitCode: null, startTime: 1.7e9, runtime: 12, rows: 3, step: 2, url: null, lost: 0,
};

/** One series as a test writes it down. */
export interface Rows {
  key: string;
  values: number[];
  mode?: 'append' | 'replace';
  steps?: number[];
  x?: number[];
  n?: number;
  attempts?: [number, number][];
  cells?: [number, number][];
  decimated?: boolean;
}

/** A message of these series, with columns laid one after another. */
export function message(series: Rows[], changes: Partial<MessageHeader> = {}): Message {
  const floats: number[] = [];
  const place = (column: number[]): [number, number] => [floats.push(...column) - column.length, column.length];
  const headers = series.map(({ key, values, mode = 'replace', steps, x, n, attempts = [[0, 0]], cells = [], decimated = false }): SeriesHeader => ({
    key, mode, n: n ?? values.length, decimated, stepMetric: x ? 'epoch' : null, attempts, cells,
    columns: {
      step: place(steps ?? values.map((_, i) => i)), time: place(values.map((_, i) => i / 10)), value: place(values), ...(x ? { x: place(x) } : {}),
    },
  }));
  const header: MessageHeader = {
    v: 1, cursor: 'c1', more: false, done: false, run, config: {}, summary: {}, metrics: [], series: headers, ...changes,
  };
  return { header, floats: Float64Array.from(floats) };
}

/** The HTTP body of a message. */
export function body({ header, floats }: Message): ArrayBuffer {
  let text = new TextEncoder().encode(JSON.stringify(header));
  const blanks = (8 - ((4 + text.length) % 8)) % 8;
  text = new Uint8Array([...text, ...new Array<number>(blanks).fill(32)]);
  const out = new Uint8Array(4 + text.length + floats.byteLength);
  new DataView(out.buffer).setUint32(0, text.length, true);
  out.set(text, 4);
  out.set(new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength), 4 + text.length);
  return out.buffer;
}
