import { appendFile, cp, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from './journal.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'journal-'));
});
const opened: Journal[] = [];
afterEach(async () => {
  for (const journal of opened.splice(0)) await journal.close();
  await rm(dir, { recursive: true, force: true });
});

async function open(given: Parameters<typeof Journal.open>[0]): Promise<Journal> {
  const journal = await Journal.open(given);
  opened.push(journal);
  return journal;
}

const options = (extra: { quotaBytes?: number; segmentBytes?: number } = {}) => ({ dir, quotaBytes: 1e8, ...extra });
/** What a process that starts after `journal`'s process was killed at this moment finds. */
async function afterKill(journal: Journal, extra: { segmentBytes?: number } = {}): Promise<Journal> {
  const left = dir;
  dir = await mkdtemp(path.join(tmpdir(), 'journal-'));
  await cp(left, dir, { recursive: true });
  await journal.close();
  await rm(left, { recursive: true, force: true });
  return open(options(extra));
}

const text = (value: string) => ({ progress: { kind: 'text' as const, text: value } });

async function seqs(journal: Journal, id: string, after = 0): Promise<number[]> {
  const attempt = journal.find(id);
  return attempt ? (await journal.read(attempt, after, 1000)).map(({ seq }) => seq) : [];
}

async function filesAndBytes() {
  const names = await readdir(dir);
  const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(dir, name))).size));
  return { files: names.length, bytes: sizes.reduce((a, b) => a + b, 0) };
}

describe('Journal', () => {
  it('shows events only once they are on disk, and finds them again after a restart', async () => {
    const journal = await open(options());
    await journal.begin({ id: 'a', fence: 1, assignment: { x: 1 } });
    journal.append('a', { state: 'working' });
    journal.append('a', text('hello'));
    expect(await seqs(journal, 'a')).toEqual([]);
    await journal.durable();
    expect(await seqs(journal, 'a')).toEqual([1, 2]);
    const again = await afterKill(journal);
    expect(await seqs(again, 'a')).toEqual([1, 2]);
    expect(again.find('a')).toMatchObject({ fence: 1, assignment: { x: 1 }, status: 'working', lastSeq: 2 });
  });

  it('goes on with the next number after a restart, also when everything was acknowledged', async () => {
    const journal = await open(options());
    await journal.begin({ id: 'a', fence: 1, assignment: null });
    for (let i = 0; i < 5; i++) journal.append('a', text(`${i}`));
    await journal.durable();
    journal.acknowledge('a', 5);
    await journal.close();
    const again = await open(options());
    expect(again.append('a', text('next'))?.seq).toBe(6);
  });

  it('tolerates a torn last line and rubbish between lines', async () => {
    const journal = await open(options());
    await journal.begin({ id: 'a', fence: 1, assignment: null });
    journal.append('a', text('one'));
    await journal.close();
    const [name = ''] = await readdir(dir);
    await appendFile(path.join(dir, name), 'rubbish\n{"t":"event","id":"a","event":{"seq":2,"at":"20');
    const again = await open(options());
    expect(await seqs(again, 'a')).toEqual([1]);
    expect(again.append('a', text('two'))?.seq).toBe(2);
  });

  it('removes what has ended and is acknowledged, and remembers its id', async () => {
    const journal = await open(options());
    await journal.begin({ id: 'a', fence: 3, assignment: null });
    journal.append('a', { state: 'canceled' });
    await journal.durable();
    journal.acknowledge('a', 1);
    expect(journal.find('a')).toBeUndefined();
    await journal.close();
    const again = await open(options());
    expect(again.attempts()).toEqual([]);
    expect(again.tombstone('a')).toMatchObject({ fence: 3, lastSeq: 1, status: 'canceled' });
  });

  it('ignores what comes after the end, and acknowledgements of the future', async () => {
    const journal = await open(options());
    await journal.begin({ id: 'a', fence: 1, assignment: null });
    journal.append('a', { state: 'failed' });
    expect(journal.append('a', text('late'))).toBeUndefined();
    await journal.durable();
    journal.acknowledge('a', 9);
    expect(await seqs(journal, 'a')).toEqual([1]);
  });

  it('keeps ends but drops progress when its quota is used up', async () => {
    const journal = await open(options({ quotaBytes: 2000 }));
    await journal.begin({ id: 'a', fence: 1, assignment: null });
    for (let i = 0; i < 100; i++) journal.append('a', text('x'.repeat(100)));
    expect(journal.full).toBe(true);
    expect(journal.append('a', text('more'))).toBeUndefined();
    expect(journal.append('a', { state: 'completed' })).toBeDefined();
  });

  it('gives disk space back: a long-lived attempt does not pin the lines of the others', async () => {
    const journal = await open(options({ segmentBytes: 4000 }));
    await journal.begin({ id: 'long', fence: 1, assignment: { keep: true } });
    journal.append('long', text('first'));
    for (let i = 0; i < 300; i++) {
      await journal.begin({ id: `s${i}`, fence: 1, assignment: null });
      journal.append(`s${i}`, { state: 'failed', failure: { class: 'task', code: 'x', message: 'y'.repeat(100) } });
      await journal.durable();
      journal.acknowledge(`s${i}`, 1);
    }
    await journal.durable();
    expect((await filesAndBytes()).bytes).toBeLessThan(3 * journal.liveBytes + 4 * 4000);
    await journal.close();
    const again = await open(options({ segmentBytes: 4000 }));
    expect(again.attempts().map(({ id }) => id)).toEqual(['long']);
    expect(again.find('long')?.assignment).toEqual({ keep: true });
    expect(await seqs(again, 'long')).toEqual([1]);
  });

  it('answers like a plain list of events, whatever is appended, acknowledged and restarted', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('append' as const), id: fc.constantFrom('a', 'b'), size: fc.nat(300) }),
      fc.record({ do: fc.constant('ack' as const), id: fc.constantFrom('a', 'b'), back: fc.nat(3) }),
      fc.record({ do: fc.constant('restart' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        await rm(dir, { recursive: true, force: true });
        let journal = await open(options({ segmentBytes: 500 }));
        const model = { a: { last: 0, acked: 0 }, b: { last: 0, acked: 0 } };
        await journal.begin({ id: 'a', fence: 1, assignment: null });
        await journal.begin({ id: 'b', fence: 1, assignment: null });
        for (const action of steps) {
          if (action.do === 'append') {
            expect(journal.append(action.id, text('x'.repeat(action.size)))?.seq).toBe(++model[action.id].last);
          } else if (action.do === 'ack') {
            await journal.durable();
            const seq = Math.max(model[action.id].acked, model[action.id].last - action.back);
            journal.acknowledge(action.id, seq);
            model[action.id].acked = seq;
          } else {
            await journal.durable();
            journal = await afterKill(journal, { segmentBytes: 500 });
          }
        }
        await journal.durable();
        for (const id of ['a', 'b'] as const) {
          const { last, acked } = model[id];
          expect(await seqs(journal, id)).toEqual(Array.from({ length: last - acked }, (_, i) => acked + 1 + i));
        }
        await journal.close();
      }),
      { numRuns: 60 },
    );
  });
});
