import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withFileLock } from './file-lock.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coorchat-lock-'));
  path = join(folder, 'lock');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('withFileLock', () => {
  it('lets one after the other in, and leaves no file behind', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise(setImmediate);
      inside--;
    };
    const times = { staleMs: 60_000, renewMs: 10_000, pollMs: 1 };
    await Promise.all(Array.from({ length: 8 }, () => withFileLock(path, work, times)));
    expect(most).toBe(1);
    expect(existsSync(path)).toBe(false);
  });

  it('passes a failure on and is free afterwards', async () => {
    const failing = withFileLock(path, () => Promise.reject(new Error('broken')));
    await expect(failing).rejects.toThrow('broken');
    expect(await withFileLock(path, async () => 'free')).toBe('free');
  });

  it('takes over from a process that is gone', async () => {
    writeFileSync(path, 'of a dead process');
    utimesSync(path, 0, 0);
    expect(await withFileLock(path, async () => 'taken')).toBe('taken');
  });
});
