import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { SYSTEM_PURPOSES } from '../../src/platform/db/system-purpose.js';
import { DOORS_PAGE, doorCalls, withDoors } from '../../tools/doors/doors-page.js';
import { doorCallsIn, doorFaults } from '../../tools/doors/system-doors.js';

const planted = (text: string) => doorCallsIn({ path: 'src/room/planted.service.ts', text });

describe('doors across organizations', () => {
  it('are opened with a purpose of the list, and each purpose is used', () => {
    const calls = doorCalls();
    expect(calls.length).toBeGreaterThan(80);
    expect(doorFaults(SYSTEM_PURPOSES, calls)).toEqual([]);
  });

  it('are in the threat model, as they are now', async () => {
    const page = await readFile(DOORS_PAGE, 'utf8');
    expect(await withDoors(page)).toBe(page);
  });
});

describe('a breach that is planted', () => {
  it.each([
    ['without a purpose', 'await this.uow.system(purposeOf(request), (tx) => tx.all());', 'without a purpose'],
    ['with a purpose of its own', "await this.uow.system<Row>('room.curiosity', read);", 'room.curiosity is not on'],
    ['over two lines', "await this.uow\n  .system(\n    'room.curiosity', read);", 'room.curiosity is not on'],
  ])('is a door %s', (_what, text, fault) => {
    expect(doorFaults({}, planted(text))).toEqual([expect.stringContaining(fault)]);
  });

  it('is a purpose that nothing uses, or that says nothing', () => {
    const purposes = { 'room.idle': 'It was needed by something that is gone.', 'room.silent': 'because' };
    const faults = doorFaults(purposes, planted("uow.system('room.silent', read);"));
    expect(faults).toEqual(['room.idle: nothing uses this purpose', 'room.silent: the list does not say why']);
  });
});
