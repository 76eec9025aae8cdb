import { describe, expect, it } from 'vitest';
import { Call } from './call.js';
import { TunnelClosed } from './tunnel.errors.js';

function call(isStream = true, state: 'queued' | 'sent' = 'sent'): Call {
  return new Call(1, { line: '', bytes: 0, state }, isStream);
}

const item = (n: number) => ({ body: { n }, bytes: 10 });

describe('a call', () => {
  it('hands out what arrived before it fails', async () => {
    const stream = call();
    stream.item(1, item(1));
    stream.lineEnded({ code: 1006, reason: '' });
    expect(await stream.next()).toEqual(item(1));
    await expect(stream.next()).rejects.toBeInstanceOf(TunnelClosed);
  });

  it('stays complete when the line ends after its end', async () => {
    const stream = call();
    stream.item(1, item(1));
    stream.end(1);
    stream.lineEnded({ code: 1006, reason: '' });
    expect(await stream.next()).toEqual(item(1));
    expect(await stream.next()).toBeUndefined();
  });

  it('refuses a gap, a repeat, an early end and an item too many', () => {
    const stream = call();
    expect(() => stream.item(2, item(2))).toThrow('Item 2 after item 0');
    stream.item(1, item(1));
    expect(() => stream.item(1, item(1))).toThrow('Item 1 after item 1');
    expect(() => stream.end(2)).toThrow('1 of 2');
    expect(() => call(false).item(1, item(1))).toThrow();
    expect(() => call(false).end(0)).toThrow();
  });

  it('fails when its caller gives up, although all of it had arrived', async () => {
    const stream = call();
    stream.item(1, item(1));
    stream.end(1);
    stream.cancel(new Error('enough'));
    expect(stream.discard()).toBe(10);
    await expect(stream.next()).rejects.toThrow('enough');
  });

  it('knows whether the worker may have seen it', async () => {
    for (const [state, delivered] of [
      ['queued', 'no'],
      ['sent', 'unknown'],
    ] as const) {
      const unary = call(false, state);
      unary.lineEnded({ code: 1006, reason: '' });
      await expect(unary.next()).rejects.toMatchObject({ delivered });
    }
  });
});
