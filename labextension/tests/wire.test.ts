import { describe, expect, it } from 'vitest';
import { RunData } from '../src/model/run-data';
import { toSnapshot } from '../src/model/snapshot';
import { accessOf, column, fromComm, fromHttp, fromSnapshot, WireError } from '../src/wire/decode';
import { body, message } from './messages';

const sent = message([{ key: 'loss', values: [1, 0.5, NaN, Infinity] }]);

describe('a message', () => {
  it('is decoded from an HTTP body', () => {
    const got = fromHttp(body(sent));
    expect(got.header).toEqual(sent.header);
    expect([...column(got, got.header.series[0]!.columns.value)]).toEqual([1, 0.5, NaN, Infinity]);
  });

  it('is decoded from a comm buffer that does not start at a multiple of eight', () => {
    const bytes = new Uint8Array(sent.floats.buffer);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const got = fromComm(sent.header, new DataView(shifted.buffer, 3));
    expect([...got.floats]).toEqual([...sent.floats]);
  });

  it('is decoded from a comm without a buffer if nothing is new', () => {
    expect(fromComm({ ...sent.header, series: [] }).floats.length).toBe(0);
  });

  it('survives a round trip through a snapshot', () => {
    const data = new RunData();
    data.apply(sent);
    const saved = JSON.parse(JSON.stringify(toSnapshot(data, { id: 'a', token: 't', kernel: null }))) as unknown;
    const got = fromSnapshot(saved);
    expect([...column(got, got.header.series[0]!.columns.value)]).toEqual([1, 0.5, NaN, Infinity]);
    expect(accessOf(saved)).toEqual({ id: 'a', token: 't', kernel: null });
  });

  it.each([
    ['cut in the header', () => fromHttp(body(sent).slice(0, 40))],
    ['empty', () => fromHttp(new ArrayBuffer(0))],
    ['of another version', () => fromComm({ ...sent.header, v: 2 })],
    ['without a header', () => fromComm(null)],
    ['with columns beyond its data', () => fromHttp(body({ ...sent, floats: sent.floats.slice(0, 5) }))],
    ['saved without data', () => fromSnapshot({})],
  ])('that is %s is refused', (_, decode) => {
    expect(decode).toThrow(Error);
  });

  it('reports the remedy if versions differ', () => {
    expect(() => fromComm({ ...sent.header, v: 2 })).toThrow(new WireError('This page reads message version 1, the run sent version 2; reload the page.'));
  });
});
