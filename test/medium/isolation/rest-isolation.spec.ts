import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Operation, operationsOf } from './operations.js';
import { absentId, masked, type Reply } from './replies.js';
import { TwoOrganizations } from './two-organizations.js';

let world: TwoOrganizations;
let ofA: ReadonlyMap<string, string>;
let operations: Operation[];

beforeAll(async () => {
  world = await TwoOrganizations.start();
  ofA = await world.idsOfA();
  operations = operationsOf(JSON.parse((await world.send('b', 'GET', '/openapi.json')).body));
});
afterAll(() => world.close());

function idOfA(prefix: string): string {
  const id = ofA.get(prefix);
  if (id === undefined) throw new Error(`A has nothing with the prefix ${prefix}: furnish it`);
  return id;
}

async function answer({ method, request }: Operation, idOf: (prefix: string) => string): Promise<Reply> {
  const { path, body } = request(idOf);
  return world.send('b', method, path, body);
}

/** What the answer to organization B gives away of A. */
function shown(body: string, sent: readonly string[]): string[] {
  return ['of A', world.a.orgId, ...ofA.values()].filter((secret) => body.includes(secret) && !sent.includes(secret));
}

describe('as organization B, with ids of A', () => {
  it('every REST operation that names a thing answers as for a thing that is not there, and A stays as it was', async () => {
    const naming = operations.filter(({ prefixes }) => prefixes.length > 0);
    expect(naming.length).toBeGreaterThan(30);
    const before = await world.settledRowsOfA();
    const faults: unknown[] = [];
    for (const operation of naming) {
      // The first call of each kind may fill caches.
      await answer(operation, absentId);
      const absent = await answer(operation, absentId);
      const foreign = await answer(operation, idOfA);
      const theirs = masked(foreign);
      const same = masked(absent);
      const isRefused = operation.isFilter ? foreign.status === 200 : foreign.status === 404;
      const leaks = shown(foreign.body, operation.prefixes.map(idOfA));
      if (!isRefused || theirs !== same || leaks.length > 0) faults.push([operation.name, theirs, same, leaks]);
      if (foreign.statements !== absent.statements || foreign.statements === 0)
        faults.push([operation.name, 'statements', foreign.statements, absent.statements]);
      expect(await world.rowsOfA(), operation.name).toEqual(before);
    }
    expect(faults).toEqual([]);
  });

  it('the other REST operations show nothing of A and change nothing of A', async () => {
    const before = await world.settledRowsOfA();
    for (const operation of operations.filter(({ prefixes }) => prefixes.length === 0)) {
      const { status, body } = await answer(operation, idOfA);
      expect(status, `${operation.name} ${body}`).toBeLessThan(500);
      expect(shown(body, []), operation.name).toEqual([]);
      expect(await world.rowsOfA(), operation.name).toEqual(before);
    }
  });
});
