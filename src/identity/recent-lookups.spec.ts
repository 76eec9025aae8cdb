import { describe, expect, it, vi } from 'vitest';
import { RecentLookups } from './recent-lookups.js';

function counted(answer: (hash: string) => object | undefined, staleAfterMs?: number) {
  const asked: string[] = [];
  const lookups = new RecentLookups(async (hash) => {
    asked.push(hash);
    return answer(hash);
  }, staleAfterMs);
  return { asked, lookups };
}

describe('RecentLookups', () => {
  it('asks once for equal questions at once, also when the answer is nobody', async () => {
    const { asked, lookups } = counted((hash) => (hash === 'known' ? { id: 1 } : undefined));
    const answers = await Promise.all(['known', 'known', 'unknown', 'unknown'].map((hash) => lookups.get(hash)));
    expect(answers).toEqual([{ id: 1 }, { id: 1 }, undefined, undefined]);
    expect(asked).toEqual(['known', 'unknown']);
  });

  it('asks again when it was told to forget, and when the answer is old', async () => {
    const { asked, lookups } = counted(() => ({}), 30);
    await lookups.get('a');
    lookups.forget('a');
    await lookups.get('a');
    expect(asked).toHaveLength(2);
    await expect.poll(async () => (await lookups.get('a'), asked.length)).toBe(3);
  });

  it('does not remember a failure', async () => {
    let fail = true;
    const lookups = new RecentLookups(async () => {
      if (fail) throw new Error('database gone');
      return { id: 1 };
    });
    await expect(lookups.get('a')).rejects.toThrow('database gone');
    fail = false;
    expect(await lookups.get('a')).toEqual({ id: 1 });
  });

  it.each(['forget', 'clear'] as const)('asks again what was under way at a %s', async (how) => {
    let answers = 0;
    let release: (() => void) | undefined;
    const lookups = new RecentLookups<{ answer: number }>(async () => {
      const answer = ++answers;
      if (answer === 1) await new Promise<void>((resolve) => (release = resolve));
      return { answer };
    });
    const asked = lookups.get('hash');
    await vi.waitFor(() => expect(release).toBeDefined());
    lookups[how]('hash');
    release?.();
    expect(await asked).toEqual({ answer: 2 });
  });
});
