import { beforeAll, describe, expect, it } from 'vitest';
import { breaches, lawfulHouse } from './breaches.js';
import { inspectHouse, wallNames } from './small-house.js';
import type { Violation } from './small-house.js';

describe('the walls of the house', () => {
  let found: Violation[];

  beforeAll(async () => {
    found = await inspectHouse(Object.assign({}, lawfulHouse, ...breaches.map((breach) => breach.files)));
  });

  it('have nothing against a house that keeps to the plan', async () => {
    expect(await inspectHouse(lawfulHouse)).toEqual([]);
  });

  it.each(breaches)('report a breach: $title', ({ rule, files }) => {
    const blamed = found.filter((violation) => violation.rule === rule).map((violation) => violation.from);
    const file = Object.keys(files)[0] ?? '';
    const folder = file.slice(0, file.lastIndexOf('/'));
    expect(blamed.some((from) => from === file || from === folder)).toBe(true);
  });

  it('are each tried by a breach', async () => {
    const tried = new Set(breaches.map((breach) => breach.rule));
    expect((await wallNames()).filter((name) => !tried.has(name))).toEqual([]);
  });
});
