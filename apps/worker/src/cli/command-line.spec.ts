import { describe, expect, it } from 'vitest';
import { readCommandLine } from './command-line.js';

describe('readCommandLine', () => {
  it('reads start with its options', () => {
    expect(readCommandLine(['start', '--url', 'https://x.example', '--token-stdin', '--data-dir', '/d'])).toMatchObject(
      {
        command: 'start',
        url: 'https://x.example',
        tokenStdin: true,
        dataDir: '/d',
      },
    );
  });

  it('helps when nothing or help is asked', () => {
    for (const args of [[], ['--help'], ['start', '-h'], ['help']]) {
      expect(readCommandLine(args).command).toBe('help');
    }
  });

  it.each([[['strat']], [['start', 'now']], [['start', '--urll', 'x']], [['start', '--url']]])(
    'refuses %j and points to the help',
    (args) => {
      expect(() => readCommandLine(args)).toThrow(/--help/);
    },
  );
});
