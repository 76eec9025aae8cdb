import { describe, expect, it } from 'vitest';
import { BATCH_BYTES, Outbox, type OutboxSocket } from './outbox.js';

class FakeSocket implements OutboxSocket {
  readyState = 1;
  bufferedAmount = 0;
  readonly messages: string[] = [];
  readonly done: (() => void)[] = [];
  keeps = false;

  send(data: string, done: () => void): void {
    this.messages.push(data);
    if (this.keeps) this.bufferedAmount += data.length;
    this.done.push(done);
  }
}

function outbox(socket: FakeSocket, maxBufferedBytes = 10_000_000) {
  let overflows = 0;
  const box = new Outbox(socket, maxBufferedBytes, () => overflows++);
  const output = (line: string) => box.sendOutput(line, line.length);
  return { box, output, overflows: () => overflows };
}

describe('an outbox', () => {
  it('sends the lines of one turn together, control lines first', async () => {
    const socket = new FakeSocket();
    const { box, output } = outbox(socket);
    output('o1');
    output('o2');
    box.sendControl('c1', 2);
    expect(socket.messages).toEqual([]);
    await box.drained();
    expect(socket.messages).toEqual(['c1', 'o1\no2']);
  });

  it('never makes a message above the batch size out of smaller lines', () => {
    const socket = new FakeSocket();
    const { box, output } = outbox(socket);
    for (let n = 0; n < 10; n++) output('x'.repeat(20_000));
    output('y'.repeat(200_000));
    output('z');
    box.flush();
    const sizes = socket.messages.map(({ length }) => length);
    expect(Math.max(...sizes.filter((size) => size !== 200_000))).toBeLessThanOrEqual(BATCH_BYTES);
    expect(socket.messages.join('\n').length).toBe(10 * 20_001 + 200_001 + 1);
  });

  it('keeps output back while the socket does not drain, but not control lines', () => {
    const socket = new FakeSocket();
    const { box, output } = outbox(socket);
    socket.bufferedAmount = 2_000_000;
    output('o');
    box.sendControl('c', 1);
    box.flush();
    expect(socket.messages).toEqual(['c']);
    socket.bufferedAmount = 0;
    box.flush();
    expect(socket.messages).toEqual(['c', 'o']);
  });

  it('takes back what it has not sent', () => {
    const socket = new FakeSocket();
    const { box, output } = outbox(socket);
    const first = output('first');
    const second = output('second');
    box.drop(first);
    box.flush();
    box.drop(second);
    expect(socket.messages).toEqual(['second']);
    expect([first.state, second.state]).toEqual(['dropped', 'sent']);
  });

  it('is full when too much waits, and gives up a peer that does not read control lines', () => {
    const socket = new FakeSocket();
    socket.keeps = true;
    const { box, output, overflows } = outbox(socket, 100);
    socket.bufferedAmount = 60;
    output('x'.repeat(40));
    expect(box.isFull).toBe(true);
    box.sendControl('c'.repeat(50), 50);
    box.flush();
    expect(overflows()).toBe(1);
  });

  it('keeps its lines when the socket is not open', () => {
    const socket = new FakeSocket();
    const { box, output } = outbox(socket);
    socket.readyState = 3;
    const line = output('late');
    box.flush();
    expect(line.state).toBe('queued');
    expect(socket.messages).toEqual([]);
  });
});
