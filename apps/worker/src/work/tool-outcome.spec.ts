import { describe, expect, it } from 'vitest';
import { AttemptFailure } from '../attempt/attempt.errors.js';
import { toolOutcome } from './tool-outcome.js';

function failureOf(act: () => unknown): AttemptFailure {
  try {
    act();
  } catch (error) {
    if (error instanceof AttemptFailure) return error;
  }
  throw new Error('it did not fail');
}

describe('toolOutcome', () => {
  it('makes a check of what run_tests and build report', () => {
    const structured = { passed: true, exitCode: 0, output: '12 tests', command: ['node', '--test'] };
    expect(toolOutcome('run_tests', { text: 'ok', structured, isError: false })).toMatchObject({
      summary: 'The check "tests" passed.',
      checks: [{ name: 'tests', passed: true, exitCode: 0, output: '12 tests' }],
      output: structured,
    });
  });

  it('fails the task with the end of the output when a check does not pass, error result or not', () => {
    const structured = { passed: false, exitCode: 1, output: `${'x'.repeat(9000)}the cause` };
    for (const isError of [true, false]) {
      const failure = failureOf(() => toolOutcome('build', { text: '', structured, isError }));
      expect(failure).toMatchObject({ code: 'worker.checks_failed', failureClass: 'task' });
      expect(failure.message).toContain('the cause');
      expect(failure.message.length).toBeLessThan(5000);
    }
  });

  it('fails the task when the tool did', () => {
    const failure = failureOf(() => toolOutcome('read_file', { text: 'no such file', isError: true }));
    expect(failure.code).toBe('worker.tool_failed');
  });

  it('fails the task when its command did', () => {
    const ended = (structured: Record<string, unknown>) => () =>
      toolOutcome('run_command', { text: 'ld: oops', structured, isError: false });
    const failure = failureOf(ended({ exitCode: 2, timedOut: false }));
    expect(failure).toMatchObject({ code: 'worker.command_failed', failureClass: 'task' });
    expect(failure.message).toBe('The command ended with exit code 2.\nld: oops');
    expect(failureOf(ended({ exitCode: null, timedOut: true })).message).toContain('took too long');
    expect(ended({ exitCode: 0, timedOut: false })()).toMatchObject({ summary: 'ld: oops' });
  });

  it('does not read a check into the results of other tools', () => {
    const result = { text: 'done', structured: { passed: false }, isError: false };
    expect(toolOutcome('custom', result)).toMatchObject({ summary: 'done', checks: [] });
  });

  it('cuts a result that would not fit into an event', () => {
    const { output } = toolOutcome('big', { text: 'y'.repeat(1e6), isError: false });
    expect(String(output).length).toBeLessThan(300_000);
    expect(output).toContain('characters left out');
  });
});
