import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ControlFrame, parseControlFrame, parseWorkerFrame, type WorkerFrame } from './protocol.js';
import { TunnelProtocolError } from './tunnel.errors.js';

const body = fc.dictionary(fc.string(), fc.jsonValue()).map((rest) => ({ ...rest, jsonrpc: '2.0' }));
const id = fc.integer({ min: 1, max: 2 ** 31 });
const count = fc.nat();

const workerFrame: fc.Arbitrary<WorkerFrame> = fc.oneof(
  fc.record({ type: fc.constant('response' as const), id, body }),
  fc.record({ type: fc.constant('item' as const), id, n: id, body }),
  fc.record({ type: fc.constant('end' as const), id, items: count }),
  fc.record({
    type: fc.constant('refuse' as const),
    id,
    reason: fc.constantFrom('draining' as const, 'overloaded' as const),
  }),
  fc.record({ type: fc.constant('heartbeat' as const), load: fc.jsonValue() }),
);

const controlFrame: fc.Arbitrary<ControlFrame> = fc.oneof(
  fc.record({ type: fc.constant('request' as const), id, body }),
  fc.record({ type: fc.constant('abort' as const), id }),
  fc.record({ type: fc.constant('credit' as const), bytes: count, streams: fc.array(fc.record({ id, bytes: count })) }),
  fc.record({
    type: fc.constant('ack' as const),
    acks: fc.array(fc.record({ taskId: fc.string({ maxLength: 40 }), seq: count })),
  }),
);

describe('frames', () => {
  it('survive the wire as they were, in one line', () => {
    fc.assert(
      fc.property(workerFrame, controlFrame, (fromWorker, fromControl) => {
        for (const [frame, parse] of [
          [fromWorker, parseWorkerFrame],
          [fromControl, parseControlFrame],
        ] as const) {
          const line = JSON.stringify(frame);
          expect(line).not.toContain('\n');
          expect(parse(line)).toEqual(JSON.parse(line));
        }
      }),
    );
  });

  it('are parsed or refused as malformed, never anything else', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ type: fc.constantFrom('item', 'end', 'hello', 'response'), id: fc.jsonValue() })
        .map((v) => JSON.stringify(v)),
    );
    fc.assert(
      fc.property(anything, (line) => {
        try {
          parseWorkerFrame(line);
        } catch (error) {
          expect(error).toBeInstanceOf(TunnelProtocolError);
          expect(error).toMatchObject({ code: 4400 });
        }
      }),
    );
  });

  it('of an unknown type are left out, of the other direction too', () => {
    expect(parseWorkerFrame('{"type":"telemetry","x":1}')).toBeUndefined();
    expect(parseWorkerFrame('{"type":"request","id":1}')).toBeUndefined();
    expect(parseControlFrame('{"type":"item"}')).toBeUndefined();
  });

  it('lose the fields that a newer version added', () => {
    expect(parseWorkerFrame('{"type":"end","id":1,"items":0,"why":"new"}')).toEqual({ type: 'end', id: 1, items: 0 });
  });
});
