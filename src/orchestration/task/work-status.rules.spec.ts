import { WORK_STATUSES } from '@coorchat/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTerminalWork, nextWorkStep, type WorkSituation } from './work-status.rules.js';

const situation = (more: Partial<WorkSituation>): WorkSituation => ({
  status: 'executing',
  cancelRequested: false,
  openTasks: 0,
  planned: true,
  preparing: false,
  hasCommits: false,
  ...more,
});

describe('nextWorkStep', () => {
  it('completes at once without commits, and after delivery with them', () => {
    expect(nextWorkStep(situation({}))).toEqual({ step: 'become', status: 'completed' });
    expect(nextWorkStep(situation({ hasCommits: true }))).toEqual({ step: 'deliver' });
  });

  it('executes once the repository is prepared', () => {
    expect(nextWorkStep(situation({ status: 'pending', openTasks: 3, preparing: true }))).toEqual({ step: 'none' });
    expect(nextWorkStep(situation({ status: 'pending', openTasks: 3 }))).toEqual({
      step: 'become',
      status: 'executing',
    });
  });

  it('plans once the repository is prepared, when the planner is to plan', () => {
    expect(nextWorkStep(situation({ status: 'pending', planned: false }))).toEqual({
      step: 'become',
      status: 'planning',
    });
    expect(nextWorkStep(situation({ status: 'planning', planned: false }))).toEqual({ step: 'none' });
  });

  it('is canceled when the last task has ended, and never delivers then', () => {
    expect(nextWorkStep(situation({ cancelRequested: true, openTasks: 1 }))).toEqual({ step: 'none' });
    expect(nextWorkStep(situation({ cancelRequested: true, hasCommits: true }))).toEqual({
      step: 'become',
      status: 'canceled',
    });
  });

  it('leaves a request that has ended as it is, and never ends one with open tasks', () => {
    const any = fc.record({
      status: fc.constantFrom(...WORK_STATUSES),
      cancelRequested: fc.boolean(),
      openTasks: fc.nat(3),
      planned: fc.boolean(),
      preparing: fc.boolean(),
      hasCommits: fc.boolean(),
    });
    fc.assert(
      fc.property(any, (given) => {
        const step = nextWorkStep(given);
        if (isTerminalWork(given.status)) expect(step).toEqual({ step: 'none' });
        if (given.openTasks > 0 && step.step === 'become') expect(isTerminalWork(step.status)).toBe(false);
      }),
    );
  });
});
