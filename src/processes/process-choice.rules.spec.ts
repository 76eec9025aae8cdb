import { describe, expect, it } from 'vitest';
import { choiceOf, chosenNames } from './process-choice.rules.js';

describe('the choice of processes', () => {
  it('takes arguments before configuration, in either spelling', () => {
    expect(chosenNames([], ['all'])).toEqual(['all']);
    expect(chosenNames(['api', 'jobs'], ['all'])).toEqual(['api', 'jobs']);
    expect(chosenNames(['api,tunnel'], ['all'])).toEqual(['api', 'tunnel']);
    expect(() => chosenNames(['web'], ['all'])).toThrow('There is no process "web". Choose among all, api');
  });

  it.each([
    [['all'], { migrate: true, bootstrap: true, serving: ['api', 'jobs', 'tunnel'] }],
    [['migrate'], { migrate: true, bootstrap: false, serving: [] }],
    [['jobs', 'tunnel'], { migrate: false, bootstrap: false, serving: ['jobs', 'tunnel'] }],
    [['migrate', 'api'], { migrate: true, bootstrap: true, serving: ['api'] }],
  ] as const)('%j', (names, expected) => {
    expect(choiceOf([...names])).toEqual(expected);
  });
});
