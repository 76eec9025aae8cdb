import type { ServerCallContext } from '@a2a-js/sdk/server';

const KEY = 'signal';
const never = new AbortController().signal;

/** The SDK hands no signal to a request handler: it travels in the context's state. */
export function withSignal(context: ServerCallContext, signal: AbortSignal): ServerCallContext {
  context.state.set(KEY, signal);
  return context;
}

/** Aborts when nobody waits for the answer of this call any more. */
export function signalOf(context: ServerCallContext): AbortSignal {
  const signal = context.state.get(KEY);
  return signal instanceof AbortSignal ? signal : never;
}
