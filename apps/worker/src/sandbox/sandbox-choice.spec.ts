import { describe, expect, it } from 'vitest';
import { chooseSandbox } from './sandbox-choice.js';

const works = () => Promise.resolve({ available: true as const, program: 'bwrap', disableUserns: true });
const missing = () => Promise.resolve({ available: false as const, reason: 'It is not there.' });

describe('the choice of a sandbox', () => {
  it('is bubblewrap where it works, even with consent to none', async () => {
    expect((await chooseSandbox({ kind: 'auto', consent: true }, works)).kind).toBe('bubblewrap');
  });

  it('is none only with consent', async () => {
    expect((await chooseSandbox({ kind: 'auto', consent: true }, missing)).kind).toBe('none');
    await expect(chooseSandbox({ kind: 'auto', consent: false }, missing)).rejects.toThrow(/It is not there/);
    await expect(chooseSandbox({ kind: 'none', consent: false }, works)).rejects.toThrow(/consent/);
  });

  it('never falls back when bubblewrap was asked for', async () => {
    await expect(chooseSandbox({ kind: 'bubblewrap', consent: true }, missing)).rejects.toMatchObject({
      code: 'worker.sandbox_unavailable',
    });
  });
});
