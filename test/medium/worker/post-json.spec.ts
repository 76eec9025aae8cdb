import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { postJson } from '../../../apps/worker/src/enrolment/post-json.js';

let server: Server | undefined;

async function serve(answer: (body: string) => { readonly status: number; readonly text: string } | undefined) {
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const said = answer(body);
      if (said) response.writeHead(said.status, { location: '/elsewhere' }).end(said.text);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

it('sends JSON and reads JSON', async () => {
  const url = await serve((body) => ({ status: 201, text: JSON.stringify({ heard: JSON.parse(body) as unknown }) }));
  const answer = await postJson({ url, body: { a: 1 }, timeoutMs: 5_000 });
  expect(answer).toEqual({ status: 201, body: { heard: { a: 1 } } });
});

it('follows no redirect, and says nothing of a body that is not JSON', async () => {
  const url = await serve(() => ({ status: 307, text: '<html>' }));
  expect(await postJson({ url, body: {}, timeoutMs: 5_000 })).toEqual({ status: 307, body: undefined });
});

it('gives up on a server that does not answer', async () => {
  const url = await serve(() => undefined);
  await expect(postJson({ url, body: {}, timeoutMs: 50 })).rejects.toMatchObject({ name: 'TimeoutError' });
});

it('names the reason when a name with several addresses cannot be reached', async () => {
  const url = await serve(() => undefined);
  server?.close();
  await expect(postJson({ url: url.replace('127.0.0.1', 'localhost'), body: {}, timeoutMs: 5_000 })).rejects.toThrow(
    /ECONNREFUSED/,
  );
});
