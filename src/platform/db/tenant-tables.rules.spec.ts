import { describe, expect, it } from 'vitest';
import { childrenFirst } from './tenant-tables.rules.js';

describe('the order of deleting', () => {
  it('puts children before their parents', () => {
    const tables = [
      { name: 'organization', parents: [] },
      { name: 'task', parents: ['work_request', 'task'] },
      { name: 'work_request', parents: ['organization'] },
      { name: 'alone', parents: [] },
    ];
    expect(childrenFirst(tables)).toEqual(['alone', 'task', 'work_request', 'organization']);
  });

  it('knows no circles', () => {
    const tables = [
      { name: 'a', parents: ['b'] },
      { name: 'b', parents: ['a'] },
    ];
    expect(() => childrenFirst(tables)).toThrow('in a circle: a, b');
  });
});
