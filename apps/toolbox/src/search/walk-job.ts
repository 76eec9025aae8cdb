import { Worker } from 'node:worker_threads';
import { ToolError } from '../toolbox.errors.js';
import type { Entry, Walk } from './folder-walk.js';
import type { Match, TextSearch } from './text-search.js';

export type ListedEntry = Omit<Entry, 'openPath'>;

export type WalkRequest =
  | { readonly kind: 'list'; readonly root: string; readonly walk: Walk }
  | { readonly kind: 'search'; readonly root: string; readonly walk: TextSearch };

export type WalkMessage =
  | { readonly kind: 'items'; readonly items: readonly (ListedEntry | Match)[] }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'done' };

export interface WalkLimits {
  readonly maxItems: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface WalkResult<Item> {
  readonly items: Item[];
  /** There are more than `maxItems`. */
  readonly truncated: boolean;
  readonly timedOut: boolean;
}

/**
 * Walks and matches in a thread of its own: a glob or a regular expression that backtracks without end costs its
 * time limit and not the server, because the thread can be stopped from outside.
 */
export function runWalk<Item extends ListedEntry | Match>(
  request: WalkRequest,
  { maxItems, timeoutMs, signal }: WalkLimits,
): Promise<WalkResult<Item>> {
  signal.throwIfAborted();
  const thread = new Worker(new URL('./walk.worker.js', import.meta.url), { workerData: request, env: {} });
  const items: Item[] = [];
  return new Promise<WalkResult<Item>>((resolve, reject) => {
    const finish = (timedOut: boolean) =>
      resolve({ items: items.slice(0, maxItems), truncated: items.length > maxItems, timedOut });
    const timer = setTimeout(() => finish(true), timeoutMs);
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    thread.on('message', (message: WalkMessage) => {
      if (message.kind === 'failed') return reject(new ToolError('toolbox.bad_argument', message.message));
      if (message.kind === 'items') items.push(...(message.items as readonly Item[]));
      if (message.kind === 'done' || items.length > maxItems) finish(false);
    });
    thread.once('error', reject);
    thread.once('exit', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      finish(false);
    });
  }).finally(() => thread.terminate());
}
