import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { GatheringSocket } from '../../../src/platform/db/gathering-socket.js';

async function connected() {
  let heard = '';
  const server = createServer((socket) => socket.on('data', (data) => (heard += data.toString())));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = new GatheringSocket();
  socket.connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  onTestFinished(() => {
    socket.destroy();
    server.close();
  });
  return { socket, heard: () => heard };
}

it('keeps what one turn writes and sends it in order when the turn ends', async () => {
  const { socket, heard } = await connected();
  let written = '';
  socket.write('BEGIN;', () => (written += 'first '));
  socket.cork();
  socket.write('SELECT 1;', 'utf8', () => (written += 'second '));
  socket.uncork();
  socket.write(Buffer.from('COMMIT;'));
  expect(socket.writableLength).toBe('BEGIN;SELECT 1;COMMIT;'.length);
  await expect.poll(heard).toBe('BEGIN;SELECT 1;COMMIT;');
  expect(written).toBe('first second ');
  expect(socket.writableLength).toBe(0);
  socket.write('and more');
  await expect.poll(heard).toContain('and more');
});

it('loses nothing when it is ended in the turn of its last write', async () => {
  const { socket, heard } = await connected();
  socket.write('last ');
  socket.end('words');
  await expect.poll(heard).toBe('last words');
});
