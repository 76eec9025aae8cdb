import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attemptTokenKey, openAttemptToken, sealAttemptToken } from './attempt-token.rules.js';

const key = attemptTokenKey('a secret key of thirty-two bytes or more');
const now = new Date('2026-11-21T00:00:00Z');
const claims = {
  orgId: 'org_a',
  attemptId: 'att_a',
  workRequestId: 'wrq_a',
  taskId: 'tsk_a',
  workerId: 'wrk_a',
  fence: 2,
  expiresAt: new Date('2026-11-21T01:00:00Z'),
};

describe('attempt tokens', () => {
  it('give back what was sealed', () => {
    expect(openAttemptToken(key, sealAttemptToken(key, claims), now)).toEqual(claims);
  });

  it('end at their instant, and mean nothing under another key', () => {
    const token = sealAttemptToken(key, claims);
    expect(openAttemptToken(key, token, claims.expiresAt)).toBeUndefined();
    expect(openAttemptToken(attemptTokenKey('another key'), token, now)).toBeUndefined();
  });

  it('do not survive any changed character', () => {
    const token = sealAttemptToken(key, claims);
    const position = fc.integer({ min: 0, max: token.length - 2 });
    fc.assert(
      fc.property(position, fc.constantFrom('A', 'z', '0', '.', '_', ' '), (at, char) => {
        fc.pre(token[at] !== char);
        expect(openAttemptToken(key, token.slice(0, at) + char + token.slice(at + 1), now)).toBeUndefined();
      }),
    );
  });

  it('are refused, not thrown over, whatever arrives', () => {
    fc.assert(
      fc.property(fc.string(), (text) => void expect(openAttemptToken(key, `cca_${text}`, now)).toBeUndefined()),
    );
  });
});
