import { fromJsonRpcErrorResponse } from '@a2a-js/sdk/errors';
import { z } from 'zod';

const responseSchema = z.union([
  z.object({ error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }) }),
  z.object({ result: z.unknown() }),
]);

/** A JSON-RPC error that the worker answered. */
export class RpcFault extends Error {
  constructor(
    readonly code: number,
    message: string,
    readonly data: unknown,
  ) {
    super(message);
    this.name = 'RpcFault';
  }
}

let lastId = 0;

export function rpcRequest(method: string, params: unknown): Record<string, unknown> {
  return { jsonrpc: '2.0', id: ++lastId, method, params };
}

/** The result of a JSON-RPC response. @throws RpcFault for an error response or something else altogether */
export function rpcResult(body: unknown): unknown {
  const parsed = responseSchema.safeParse(body);
  if (!parsed.success) throw new RpcFault(-32603, 'The worker answered something that is no JSON-RPC response.', body);
  if ('error' in parsed.data) {
    const { code, message, data } = parsed.data.error;
    throw new RpcFault(code, message, data);
  }
  return parsed.data.result;
}

const errorData = z.union([z.array(z.record(z.string(), z.unknown())), z.record(z.string(), z.unknown())]).optional();

/** Like `rpcResult`, with the error that the SDK's own transports throw, for example `TaskNotFoundError`. */
export function a2aResult(body: unknown): unknown {
  try {
    return rpcResult(body);
  } catch (error) {
    if (!(error instanceof RpcFault)) throw error;
    const { code, message } = error;
    const data = errorData.safeParse(error.data);
    throw fromJsonRpcErrorResponse({ jsonrpc: '2.0', id: null, error: { code, message, data: data.data } });
  }
}
