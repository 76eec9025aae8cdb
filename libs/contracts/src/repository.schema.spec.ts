import { describe, expect, it } from 'vitest';
import { refSchema } from './common.schema.js';
import { checkSchema } from './plan.schema.js';

describe('names of branches, tags and commits', () => {
  it.each(['main', 'feature/x', 'v1.2.3', '26a6ae90470f7ecbc01da9b45b579867f8907866', 'dépôt', 'a@b'])(
    'takes %s',
    (ref) => {
      expect(refSchema.safeParse(ref).success).toBe(true);
    },
  );

  it.each([
    '',
    '--upload-pack=x',
    '-x',
    'a b',
    'a..b',
    'HEAD~1',
    'a^{}',
    '@{u}',
    '@',
    '/a',
    'a/',
    'a.lock',
    'x:y',
    'a\0',
  ])('refuses %j', (ref) => {
    expect(refSchema.safeParse(ref).success).toBe(false);
  });
});

describe('the folder of a check', () => {
  it.each(['.', 'packages/a', 'a..b'])('may be %s', (cwd) => {
    expect(checkSchema.safeParse({ command: ['make'], cwd }).success).toBe(true);
  });

  it.each(['/etc', '..', 'a/../../b', 'C:\\x', '\\\\host\\x'])('may not be %s, outside of the repository', (cwd) => {
    expect(checkSchema.safeParse({ command: ['make'], cwd }).success).toBe(false);
  });
});
