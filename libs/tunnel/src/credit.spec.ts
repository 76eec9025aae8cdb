import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReceiveCredit, SendCredit } from './credit.js';

const WINDOWS = { creditBytes: 1600, streamCreditBytes: 200 };

function opened(...ids: number[]): SendCredit {
  const credit = new SendCredit(WINDOWS);
  for (const id of ids) credit.open(id);
  return credit;
}

describe('the credit of a sender', () => {
  it('may be overdrawn once, so that a frame above the window is not stuck', () => {
    const credit = opened(1);
    expect(credit.tryTake(1, 500, 'item')).toBe(true);
    expect(credit.tryTake(1, 1, 'item')).toBe(false);
  });

  it('of one stream is not spent by another', () => {
    const credit = opened(1, 2);
    credit.tryTake(1, 200, 'item');
    expect(credit.tryTake(1, 1, 'item')).toBe(false);
    expect(credit.tryTake(2, 1, 'item')).toBe(true);
  });

  it('keeps a reserve for responses that items do not touch', () => {
    const credit = opened(1, 2, 3, 4, 5, 6, 7, 8, 9);
    for (let id = 1; id <= 7; id++) expect(credit.tryTake(id, 200, 'item')).toBe(true);
    expect(credit.tryTake(8, 1, 'item')).toBe(false);
    expect(credit.tryTake(9, 100, 'response')).toBe(true);
  });

  it('wakes those who wait in their order, as far as it goes', async () => {
    const credit = opened(1, 2, 3);
    const order: number[] = [];
    for (const id of [1, 2, 3]) {
      credit.tryTake(id, 200, 'item');
      void credit.take(id, 50, 'item').then((taken) => taken && order.push(id));
    }
    credit.grant({ bytes: 0, streams: [{ id: 2, bytes: 1 }] });
    credit.grant({ bytes: 0, streams: [{ id: 1, bytes: 1 }] });
    await Promise.resolve();
    await Promise.resolve();
    expect(order).toEqual([2, 1]);
  });

  it('lets go of those who wait when their stream closes', async () => {
    const credit = opened(1);
    credit.tryTake(1, 200, 'item');
    const waiting = credit.take(1, 50, 'item');
    credit.close(1);
    expect(await waiting).toBe(false);
    expect(await credit.take(1, 1, 'item')).toBe(false);
  });
});

describe('the book of a receiver', () => {
  it('notices a sender without credit', () => {
    const book = new ReceiveCredit(WINDOWS, () => undefined);
    book.open(1);
    book.receive(200, 1);
    expect(() => book.receive(1, 1)).toThrow('stream');
    for (let n = 0; n < 7; n++) book.receive(200);
    expect(() => book.receive(1)).toThrow('session');
  });

  it('grants nothing while it is held, and everything after', () => {
    let due = 0;
    const book = new ReceiveCredit(WINDOWS, () => due++);
    const first = book.hold();
    const second = book.hold();
    book.receive(500);
    book.consume(500);
    first();
    first();
    expect([due, book.take()]).toEqual([0, undefined]);
    second();
    expect([due, book.take()]).toEqual([1, { bytes: 500, streams: [] }]);
  });

  it('agrees with the sender whatever happens, and no one is stuck once all is consumed', () => {
    const step = fc.record({
      id: fc.integer({ min: 1, max: 4 }),
      bytes: fc.integer({ min: 1, max: 300 }),
      consume: fc.nat(5),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const credit = opened(1, 2, 3, 4);
        const grant = () => {
          const due = book.take();
          if (due) credit.grant(due);
        };
        const book = new ReceiveCredit(WINDOWS, grant);
        for (const id of [1, 2, 3, 4]) book.open(id);
        const unread: { id: number; bytes: number }[] = [];
        const consume = (howMany: number) => {
          for (const { id, bytes } of unread.splice(0, howMany)) book.consume(bytes, id);
        };
        for (const { id, bytes, consume: howMany } of steps) {
          // What the sender may send, the receiver never refuses.
          if (credit.tryTake(id, bytes, 'item')) {
            book.receive(bytes, id);
            unread.push({ id, bytes });
          }
          consume(howMany);
        }
        consume(unread.length);
        for (const id of [1, 2, 3, 4]) expect(credit.tryTake(id, 1, 'item')).toBe(true);
      }),
    );
  });
});
