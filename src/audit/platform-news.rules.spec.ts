import { describe, expect, it } from 'vitest';
import { doorsUsed } from './platform-news.rules.js';

describe('doors across organizations', () => {
  it('are counted since the last reading, other counters are not', () => {
    const before = { 'db.system.health.check': 3, 'db.system.task.sweep': 1, other: 1 };
    const now = { 'db.system.health.check': 5, 'db.system.task.sweep': 1, 'db.system.blob.sweep': 2, other: 9 };
    expect(doorsUsed(before, now)).toEqual({ 'health.check': 2, 'blob.sweep': 2 });
  });
});
