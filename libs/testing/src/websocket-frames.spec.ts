import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WebSocketFrames } from './websocket-frames.js';

const HEAD = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n');

function frame(length: number, isMasked: boolean): Buffer {
  const mask = isMasked ? 0x80 : 0;
  const rest = Buffer.alloc((isMasked ? 4 : 0) + length, 0x0d);
  if (length < 126) return Buffer.concat([Buffer.from([0x81, mask | length]), rest]);
  const extended = Buffer.alloc(length < 65_536 ? 2 : 8);
  if (length < 65_536) extended.writeUInt16BE(length);
  else extended.writeBigUInt64BE(BigInt(length));
  return Buffer.concat([Buffer.from([0x81, mask | (length < 65_536 ? 126 : 127)]), extended, rest]);
}

describe('a count of WebSocket frames', () => {
  it('lets exactly as many frames pass, however they are chopped', () => {
    const lengths = fc.array(fc.oneof(fc.nat(130), fc.constantFrom(0, 125, 126, 65_535, 65_536)), { maxLength: 8 });
    fc.assert(
      fc.property(
        lengths,
        fc.nat(9),
        fc.boolean(),
        fc.integer({ min: 1, max: 5000 }),
        (sizes, limit, isMasked, chop) => {
          const frames = sizes.map((size) => frame(size, isMasked));
          const all = Buffer.concat([HEAD, ...frames]);
          const counter = new WebSocketFrames(limit);
          const passed: Buffer[] = [];
          for (let at = 0; at < all.length; at += chop) passed.push(counter.take(all.subarray(at, at + chop)));
          const expected = Buffer.concat([HEAD, ...frames.slice(0, limit)]);
          expect(Buffer.concat(passed).equals(expected)).toBe(true);
          expect(counter.isOver).toBe(sizes.length >= limit);
        },
      ),
      { numRuns: 60 },
    );
  });
});
