import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.js';

describe('the options of the toolbox', () => {
  it('have defaults, without commands', () => {
    expect(parseOptions(['--root', '/x'])).toMatchObject({ root: '/x', allowCommands: false, checks: {} });
  });

  it('take checks as a command or with its folder and time limit', () => {
    const checks = { tests: ['node', '--test'], build: { command: ['make'], cwd: 'lib', timeoutMs: 5 } };
    const options = parseOptions(['--root', '/x', '--allow-commands', '--checks', JSON.stringify(checks)]);
    expect(options.allowCommands).toBe(true);
    expect(options.checks).toEqual({ tests: { command: ['node', '--test'] }, build: checks.build });
  });

  it.each([
    [[], /--root/],
    [['--root', '/x', '--checks', '{'], /not JSON/],
    [['--root', '/x', '--memory-mb', 'lots'], /memory-mb/],
    [['--root', '/x', '--nope'], /nope/],
  ])('refuse %j with the reason', (args, reason) => {
    expect(() => parseOptions(args)).toThrow(reason);
  });
});
