import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Operation, operationsOf } from './operations.js';
import { absentId, masked, type Reply } from './replies.js';
import { TwoOrganizations } from './two-organizations.js';

const KEY = { 'idempotency-key': 'same-key' };

type IdOf = (prefix: string) => string;

let world: TwoOrganizations;
let ofA: ReadonlyMap<string, string>;
let naming: Operation[];
let lists: string[];
let before: Awaited<ReturnType<TwoOrganizations['rowsOfA']>>;

beforeAll(async () => {
  world = await TwoOrganizations.start();
  const document: unknown = JSON.parse((await world.send('b', 'GET', '/openapi.json')).body);
  naming = operationsOf(document).filter(({ prefixes }) => prefixes.length > 0);
  const { paths } = document as { paths: Record<string, { get?: { parameters?: { name: string }[] } }> };
  const isPaged = ([, item]: (typeof entries)[number]) => item.get?.parameters?.some(({ name }) => name === 'cursor');
  const entries = Object.entries(paths);
  lists = entries.filter(isPaged).map(([path]) => path);
  before = await world.settledRowsOfA();
  ofA = await world.idsOfA();
});
afterAll(() => world.close());

const idOfA: IdOf = (prefix) => ofA.get(prefix) ?? expect.unreachable(`A has nothing with the prefix ${prefix}`);

function shown(body: string, sent: readonly string[] = []): string[] {
  return ['of A', world.a.orgId, ...ofA.values()].filter((secret) => body.includes(secret) && !sent.includes(secret));
}

/** Asks each operation with ids of A and with ids of nobody, and names those that tell them apart. */
async function toldApart(send: (operation: Operation, idOf: IdOf) => Promise<Reply>): Promise<unknown[]> {
  const faults: unknown[] = [];
  for (const operation of naming) {
    await send(operation, absentId);
    const absent = await send(operation, absentId);
    const foreign = await send(operation, idOfA);
    const [theirs, same] = [masked(foreign), masked(absent)];
    const leaks = shown(foreign.body, operation.prefixes.map(idOfA));
    if (theirs !== same || leaks.length > 0 || foreign.statements !== absent.statements)
      faults.push([operation.name, theirs, same, leaks, foreign.statements, absent.statements]);
  }
  expect(await world.rowsOfA()).toEqual(before);
  return faults;
}

describe('nothing of A shows by what organization B sends beside its ids:', () => {
  it.each([
    ['no object', []],
    ['an unknown field', { surprise: true }],
    ['nothing', undefined],
  ])('%s as body', async (_what, body) => {
    const send = ({ method, request }: Operation, idOf: IdOf) =>
      world.send('b', method, request(idOf).path, method === 'GET' ? undefined : body);
    expect(await toldApart(send)).toEqual([]);
  });

  it('an unknown query', async () => {
    const send = ({ method, request }: Operation, idOf: IdOf) => {
      const { path, body } = request(idOf);
      return world.send('b', method, `${path}${path.includes('?') ? '&' : '?'}surprise=1`, body);
    };
    expect(await toldApart(send)).toEqual([]);
  });

  it.each([
    { 'if-none-match': '*', 'if-match': '*' },
    { 'if-none-match': '"sha256:0"', range: 'bytes=0-1', 'if-range': '"sha256:0"' },
    { 'last-event-id': '1', accept: 'text/event-stream' },
    { accept: 'application/json' },
  ])('the headers %j', async (headers) => {
    const send = ({ method, request }: Operation, idOf: IdOf) => {
      const { path, body } = request(idOf);
      return world.send('b', method, path, body, headers);
    };
    expect(await toldApart(send)).toEqual([]);
  });

  it('no right at all', async () => {
    const send = ({ method, request }: Operation, idOf: IdOf) => {
      const { path, body } = request(idOf);
      return world.send('powerless', method, path, body);
    };
    expect(await toldApart(send)).toEqual([]);
  });
});

describe('marks of A in the hands of organization B', () => {
  it('as cursors are places in the lists of B, whether A has the id or nobody', async () => {
    expect(lists.length).toBeGreaterThan(5);
    const faults: unknown[] = [];
    for (const list of lists) {
      const path = list.replace(/\{\w+\}/g, absentId('wrq'));
      for (const id of ofA.values()) {
        const guessed = id.slice(0, -1) + (id.endsWith('0') ? '1' : '0');
        const at = (place: string) =>
          world.send('b', 'GET', `${path}?cursor=${Buffer.from(place).toString('base64url')}`);
        const [absent, foreign] = [await at(guessed), await at(id)];
        if (masked(foreign) !== masked(absent) || shown(foreign.body).length > 0)
          faults.push([list, id, foreign, absent]);
      }
    }
    expect(faults).toEqual([]);
  });

  it('as idempotency keys are keys of B', async () => {
    const plan = { tasks: [{ key: 'a', kind: 'agent', title: 'x' }] };
    const submit = async (as: 'a' | 'b', description: string) => {
      const { status, body: text } = await world.send(
        as,
        'POST',
        '/v1/work-requests',
        { description, constraints: {}, plan },
        KEY,
      );
      return { status, id: (JSON.parse(text) as { id: string }).id };
    };
    const first = await submit('a', 'of A');
    const ofB = await submit('b', 'of B');
    expect(ofB.status).toBe(first.status);
    expect(ofB.id).not.toBe(first.id);
    expect((await submit('b', 'of B')).id).toBe(ofB.id);
    expect((await submit('a', 'of A')).id).toBe(first.id);
  });

  it('as messages of A2A are messages of B', async () => {
    const message = { messageId: 'same-message', role: 'ROLE_USER', parts: [{ text: 'work' }] };
    const params = { message, configuration: { returnImmediately: true } };
    const rpc = { jsonrpc: '2.0', id: 1, method: 'SendMessage', params };
    const send = async (as: 'a' | 'b') => {
      const { body } = await world.send(as, 'POST', '/a2a', rpc, { 'a2a-version': '1.0' });
      return /"id":\s*"(wrq_\w+)"/.exec(body)?.[1] ?? body;
    };
    const first = await send('a');
    const ofB = await send('b');
    expect(ofB).toMatch(/^wrq_/);
    expect(ofB).not.toBe(first);
    expect(await send('b')).toBe(ofB);
  });

  it('a stream of B tells nothing of A', async () => {
    const body = {
      description: 'of B',
      constraints: {},
      plan: { tasks: [{ key: 'a', kind: 'agent', title: 'of B' }] },
    };
    const { id } = await world.as('b').call<{ id: string }>('POST', '/v1/work-requests', body);
    const stream = world.send('b', 'GET', `/v1/work-requests/${id}/events`, undefined, { accept: 'text/event-stream' });
    const { id: other } = await world
      .as('a')
      .call<{ id: string }>('POST', '/v1/work-requests', { ...body, description: 'of A' });
    await world.as('a').call('POST', `/v1/work-requests/${other}/cancel`);
    await world.as('b').call('POST', `/v1/work-requests/${id}/cancel`);
    const { body: told } = await stream;
    expect(told).toContain('work.canceled');
    expect([...shown(told), told.includes(other)]).toEqual([false]);
  });
});
