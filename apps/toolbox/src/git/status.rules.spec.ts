import { describe, expect, it } from 'vitest';
import { parseStatus } from './status.rules.js';

const OID = 'a'.repeat(40);
const file = `N... 100644 100644 100644 ${OID} ${OID}`;

describe('the status of git', () => {
  it('is read with blanks in names, renames and conflicts', () => {
    const output = [
      `# branch.oid ${OID}`,
      '# branch.head main',
      `1 .M ${file} a file.txt`,
      `2 R. ${file} R100 new name.txt`,
      'old name.txt',
      `u UU N... 100644 100644 100644 100644 ${OID} ${OID} ${OID} both.txt`,
      '? new.txt',
      '',
    ].join('\0');
    expect(parseStatus(output)).toEqual({
      branch: 'main',
      head: OID,
      files: [
        { path: 'a file.txt', index: '.', worktree: 'M' },
        { path: 'new name.txt', index: 'R', worktree: '.', from: 'old name.txt' },
        { path: 'both.txt', index: 'U', worktree: 'U' },
        { path: 'new.txt', index: '?', worktree: '?' },
      ],
    });
  });

  it('knows a repository without commits and a detached head', () => {
    expect(parseStatus('# branch.oid (initial)\0# branch.head (detached)\0')).toEqual({
      branch: null,
      head: null,
      files: [],
    });
  });
});
