import { describe, expect, it } from 'vitest';
import { KeyedMutex } from './keyed-mutex.js';

describe('KeyedMutex', () => {
  it('runs work of one key one after the other, in the order of asking, also after a failure', async () => {
    const mutex = new KeyedMutex();
    const log: string[] = [];
    const step = (name: string) => async () => {
      log.push(`${name}+`);
      await Promise.resolve();
      log.push(`${name}-`);
      if (name === 'b') throw new Error('b failed');
    };
    const all = await Promise.allSettled(['a', 'b', 'c'].map((name) => mutex.run('key', step(name))));
    expect(log).toEqual(['a+', 'a-', 'b+', 'b-', 'c+', 'c-']);
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('does not make different keys wait for each other', async () => {
    const mutex = new KeyedMutex();
    const never = mutex.run('slow', () => new Promise<never>(() => undefined));
    expect(await mutex.run('fast', async () => 'done')).toBe('done');
    expect(never).toBeInstanceOf(Promise);
  });
});
