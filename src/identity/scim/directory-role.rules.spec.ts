import { describe, expect, it } from 'vitest';
import { roleByGroups } from './directory-role.rules.js';

describe('roleByGroups', () => {
  const groups = [
    { role: 'viewer', members: ['ada', 'bob'] },
    { role: 'admin', members: ['ada'] },
    { role: null, members: ['cem'] },
  ] as const;

  it('takes the strongest', () => expect(roleByGroups(groups, 'ada')).toBe('admin'));
  it('takes the only one', () => expect(roleByGroups(groups, 'bob')).toBe('viewer'));
  it('has none where no group has one', () => expect(roleByGroups(groups, 'cem')).toBeUndefined());
});
