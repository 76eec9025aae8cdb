import type { WorkerEvent } from '@coorchat/a2a';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldEvents } from './fold.rules.js';

const SPEAKER = { attemptId: 'att_1', fence: 1, workerId: 'wrk_1', epoch: 3 };
const AT = '2026-11-21T10:00:00.000Z';
const RESULT = { summary: 'done', commits: null, checks: [], prepared: null, transcript: null };
const event = (seq: number, fields: Partial<WorkerEvent> = {}): WorkerEvent => ({ seq, at: AT, ...fields });

describe('foldEvents', () => {
  it('keeps the first start, the last state, the last line and every log entry and usage', () => {
    const usage = { callId: 'c1', model: 'm', usage: { inputTokens: 1 } } as unknown as WorkerEvent['usage'];
    const update = foldEvents(SPEAKER, [
      event(4, { state: 'working' }),
      event(5, { progress: { kind: 'tool_call', tool: 'read_file', summary: 'a.js' } }),
      event(6, { state: 'input_required', question: 'Which one?' }),
      event(7, { state: 'working', usage }),
    ]);
    expect(update).toMatchObject({ ...SPEAKER, fromSeq: 4, toSeq: 7, state: 'working', progress: 'read_file a.js' });
    expect(update.startedAt).toEqual(new Date(AT));
    expect(update.log.map(({ seq }) => seq)).toEqual([5]);
    expect(update.usage).toEqual([usage]);
    expect(update.end).toBeUndefined();
  });

  it('ends with the first terminal event and leaves out what comes after it', () => {
    const update = foldEvents(SPEAKER, [
      event(1, { state: 'completed', result: RESULT }),
      event(2, { state: 'failed' }),
    ]);
    expect(update).toMatchObject({ toSeq: 1, end: { status: 'completed', result: RESULT } });
  });

  it('takes a success without a result, and a failure without a reason, for a fault of the worker', () => {
    expect(foldEvents(SPEAKER, [event(1, { state: 'completed' })]).end).toMatchObject({
      status: 'failed',
      failure: { class: 'worker', code: 'dispatch.unexplained' },
    });
    expect(foldEvents(SPEAKER, [event(1, { state: 'rejected' })]).end).toMatchObject({ status: 'rejected' });
  });

  it('says the same in two folds as in one, wherever the events are cut', () => {
    const states = fc.constantFrom<WorkerEvent['state']>(undefined, 'working', 'input_required');
    fc.assert(
      fc.property(fc.array(states, { minLength: 2, maxLength: 20 }), fc.nat(), (list, at) => {
        const events = list.map((state, index) => event(index + 1, { state }));
        const cut = 1 + (at % (events.length - 1));
        const whole = foldEvents(SPEAKER, events as [WorkerEvent]);
        const first = foldEvents(SPEAKER, events.slice(0, cut) as [WorkerEvent]);
        const second = foldEvents(SPEAKER, events.slice(cut) as [WorkerEvent]);
        expect(second.state ?? first.state).toEqual(whole.state);
        expect([first.fromSeq, second.toSeq]).toEqual([whole.fromSeq, whole.toSeq]);
        expect(first.toSeq + 1).toBe(second.fromSeq);
      }),
    );
  });
});
