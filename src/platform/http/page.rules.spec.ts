import { newId } from '@coorchat/kernel';
import { describe, expect, it } from 'vitest';
import { cursorOf, idOfCursor, pageOf } from './page.rules.js';

const rows = Array.from({ length: 3 }, () => ({ id: newId('worker') }));

describe('pages', () => {
  it('end without a cursor when nothing follows', () => {
    expect(pageOf(rows, 3, ({ id }) => id)).toEqual({ items: rows.map(({ id }) => id), nextCursor: null });
  });

  it('point at their last row when more follows', () => {
    const page = pageOf(rows, 2, ({ id }) => id);
    expect(page.items).toHaveLength(2);
    expect(idOfCursor(page.nextCursor ?? undefined, 'worker')).toBe(page.items[1]);
  });

  it('refuse a cursor of another list or of nobody', () => {
    expect(() => idOfCursor(cursorOf(newId('task')), 'worker')).toThrow('not one of this list');
    expect(() => idOfCursor('%%%', 'worker')).toThrow('not one of this list');
    expect(idOfCursor(undefined, 'worker')).toBeUndefined();
  });
});
