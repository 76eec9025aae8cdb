import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redactor } from './redactor.js';

describe('Redactor', () => {
  it('takes the values of variables that look like secrets out of any text', () => {
    const redactor = new Redactor();
    redactor.addEnvironment({ STRIPE_KEY: 'live_12345678', HOME: '/home/someone', GH_TOKEN: 'ghp_abcdefgh' });
    expect(redactor.deep({ a: ['x live_12345678 y'], b: { c: 'ghp_abcdefgh' }, d: '/home/someone', e: 1 })).toEqual({
      a: ['x [redacted] y'],
      b: { c: '[redacted]' },
      d: '/home/someone',
      e: 1,
    });
  });

  it('knows credentials by their shape', () => {
    expect(new Redactor().text(`Bearer ccw_${'a'.repeat(26)} sent`)).toBe('Bearer [redacted] sent');
  });

  it('does not take short values for secrets, which would eat ordinary words', () => {
    const redactor = new Redactor();
    redactor.addEnvironment({ MY_KEY: 'yes' });
    expect(redactor.text('yes, it works')).toBe('yes, it works');
  });

  it('strips terminal escapes but keeps lines and tabs', () => {
    expect(new Redactor().text('\u001b[31mred\u001b[0m\n\tnext\u0007\u001b]0;title\u0007')).toBe('red\n\tnext');
  });

  it('leaves no control character and no known secret in anything', () => {
    const redactor = new Redactor();
    redactor.add('correct horse');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (before, after) => {
        const clean = redactor.text(`${before}correct horse${after}`);
        expect(clean).not.toContain('correct horse');
        expect(clean).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      }),
    );
  });
});
