import type { Socket } from 'node:net';
import { newId } from '@coorchat/kernel';
import { type HttpFault, httpErrors } from './http.errors.js';
import { problemOf } from './problem.view.js';
import type { Refusals } from './refusals.service.js';

const FAULTS: Readonly<Record<string, () => HttpFault>> = {
  HPE_HEADER_OVERFLOW: httpErrors.headersTooLarge,
  ERR_HTTP_REQUEST_TIMEOUT: httpErrors.requestTimeout,
};

/** Answers bytes that Node could not read as HTTP, on the bare socket. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket, refusals?: Refusals): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const fault = FAULTS[error.code ?? '']?.() ?? httpErrors.badRequest();
  const problem = problemOf(fault, newId('request'));
  if (problem.status === 431) {
    const { remoteAddress: address } = socket;
    const call = { route: '?', requestId: problem.requestId, origin: { ...(address && { address }) } };
    refusals?.unread(call, fault);
  }
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${problem.requestId}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
