import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseOutboundEntry } from '../../../src/platform/config/index.js';
import { outboundAgent, outboundFetch, outboundPolicy } from '../../../src/platform/http/index.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let port: number;
let answer: Answer;
let seen: string[];
const agents: ReturnType<typeof outboundAgent>[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(`${request.headers.host} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => void server.close());
beforeEach(() => {
  seen = [];
  answer = (_request, response) => response.end('hello');
});
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.destroy()));
});

const listed = (...texts: string[]) =>
  outboundPolicy(texts.map(parseOutboundEntry).filter((entry) => entry !== undefined));

/** A client whose names lead, one look-up after the other, to these addresses. */
function client(entries: string[], ...lookups: string[][]) {
  const left = [...lookups];
  const asked: string[] = [];
  const agent = outboundAgent(listed(...entries), (hostname, _options, done) => {
    asked.push(hostname);
    const addresses = left.shift() ?? [];
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  });
  agents.push(agent);
  const call = async (url: string) => {
    const response = await outboundFetch(url, { dispatcher: agent });
    return { status: response.status, text: await response.text() };
  };
  return { call, asked };
}

const causeOf = async (call: Promise<unknown>) => {
  const error = await call.then(() => undefined).catch((thrown: unknown) => thrown);
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
};

describe('a connection to an address that somebody else wrote', () => {
  it('goes to the very address that was judged', async () => {
    const { call, asked } = client(['127.0.0.0/8'], ['127.0.0.1'], ['10.9.9.9']);
    expect(await call(`http://rebound.example:${port}/`)).toEqual({ status: 200, text: 'hello' });
    expect(asked).toEqual(['rebound.example']);
    expect(seen).toEqual([`rebound.example:${port} /`]);
  });

  it('is judged anew when the name is looked up anew', async () => {
    const { call } = client([`127.0.0.2:${port}`], ['127.0.0.2'], ['127.0.0.1']);
    await causeOf(call(`http://rebound.example:${port}/`));
    expect(await causeOf(call(`http://rebound.example:${port}/`))).toContain('leads into a private network');
    expect(seen).toEqual([]);
  });

  it.each([
    '127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '169.254.169.254',
    '64:ff9b::7f00:1',
    '64:ff9b:1::a9fe:a9fe',
    '2002:7f00:1::',
    'fd00:ec2::254',
    'fe80::1',
    '::',
    '0.0.0.0',
  ])('is not opened to %s', async (address) => {
    const { call } = client([], [address]);
    expect(await causeOf(call(`https://inside.example:${port}/`))).toContain('leads into a private network');
    expect(seen).toEqual([]);
  });

  it('is not opened when one address of several is private', async () => {
    const { call } = client([], ['8.8.8.8', '127.0.0.1']);
    expect(await causeOf(call(`https://both.example:${port}/`))).toContain('leads into a private network');
  });

  it('is not opened to literal addresses either, whoever asks', async () => {
    const { call, asked } = client([]);
    expect(await causeOf(call(`https://127.0.0.1:${port}/`))).toContain('leads into a private network');
    expect(await causeOf(call(`https://[::ffff:127.0.0.1]:${port}/`))).toContain('leads into a private network');
    expect(asked).toEqual([]);
    expect(seen).toEqual([]);
  });

  it('is opened to listed hosts, on their ports', async () => {
    const { call } = client([`git.internal:${port}`], ['127.0.0.1'], ['127.0.0.1']);
    expect((await call(`http://git.internal:${port}/`)).text).toBe('hello');
    expect(await causeOf(call(`http://other.internal:${port}/`))).toContain('leads into a private network');
  });

  it('is judged again when a redirect is followed all the same', async () => {
    answer = (_request, response) => response.writeHead(302, { location: `http://169.254.169.254:${port}/` }).end();
    const { call } = client([`first.example:${port}`], ['127.0.0.1']);
    expect(await causeOf(call(`http://first.example:${port}/`))).toContain('leads into a private network');
    expect(seen).toHaveLength(1);
  });
});
