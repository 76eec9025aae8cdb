import { TUNNEL_PATH } from '@coorchat/tunnel';
import { WebSocket } from 'ws';
import { CREDENTIAL } from './tunnel.harness.js';

type Frame = Record<string, unknown>;

export const HELLO: Frame = { type: 'hello', versions: [1], card: {}, features: [], held: [] };

export interface RawWorker {
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  send(...frames: Frame[]): void;
  /** The next frame of this type. */
  frame(type: string): Promise<Frame>;
}

/** A worker that speaks frames by hand, to break the rules. With null it says no hello. */
export async function rawWorker(port: number, hello: Frame | null = HELLO): Promise<RawWorker> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${TUNNEL_PATH}`, {
    headers: { authorization: `Bearer ${CREDENTIAL}` },
  });
  const frames: Frame[] = [];
  const waiting: (() => void)[] = [];
  socket.on('message', (data) => {
    for (const line of String(data).split('\n')) frames.push(JSON.parse(line) as Frame);
    for (const wake of waiting.splice(0)) wake();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.on('error', reject);
  });
  const send = (...sent: Frame[]) => socket.send(sent.map((frame) => JSON.stringify(frame)).join('\n'));
  if (hello) send(hello);
  const frame = async (type: string): Promise<Frame> => {
    for (;;) {
      const at = frames.findIndex((candidate) => candidate['type'] === type);
      const [found] = at === -1 ? [] : frames.splice(at, 1);
      if (found) return found;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  return { socket, closed, send, frame };
}
