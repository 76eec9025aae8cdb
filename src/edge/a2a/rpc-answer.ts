import { z } from 'zod';

const answerSchema = z.union([
  z.object({ error: z.object({ code: z.number(), message: z.string() }) }),
  z.object({ result: z.unknown() }),
]);

/** The worker understood the call, and said no. */
export class RpcFault extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
    this.name = 'RpcFault';
  }
}

/** Result of a JSON-RPC answer. @throws RpcFault, or another error when it is no such answer */
export function readRpcAnswer(text: string): unknown {
  const answer = answerSchema.parse(JSON.parse(text));
  if ('error' in answer) throw new RpcFault(answer.error.code, answer.error.message);
  return answer.result;
}
