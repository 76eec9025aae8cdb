import type { Grant } from '@coorchat/a2a';
import type { Checks } from '@coorchat/contracts';

export interface ToolDescription {
  /** As the model calls it: the toolbox's own name, or `server__tool` for the owner's servers. */
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly inputSchema: Record<string, unknown>;
  readonly readOnly: boolean;
}

export interface ToolCallResult {
  readonly text: string;
  readonly structured?: Record<string, unknown>;
  readonly isError: boolean;
}

export interface ToolCallOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

export interface ToolSessionRequest {
  readonly attemptId: string;
  /** Working tree; for a task without a repository an empty folder. */
  readonly root: string;
  /** Folders that the sandbox shows read-only besides the root, see `Workspace.readable`. */
  readonly readable?: readonly string[];
  readonly checks: Checks;
  /** Tools and servers that it does not name are neither listed nor callable. */
  readonly grant: Grant;
  readonly signal: AbortSignal;
}

/** The tools of one task: the sandboxed toolbox at its root, and the owner's shared servers. */
export abstract class ToolSession {
  abstract list(): Promise<readonly ToolDescription[]>;
  /** A tool that fails is a result with `isError`; throws only when there is no such tool, or on abort. */
  abstract call(name: string, args: Record<string, unknown>, options: ToolCallOptions): Promise<ToolCallResult>;
  /** Stops the task's own servers. Never throws; harmless when repeated. */
  abstract close(): Promise<void>;
}

export abstract class ToolSessions {
  abstract open(request: ToolSessionRequest): Promise<ToolSession>;
}

export interface SharedToolCall extends ToolCallOptions {
  readonly server: string;
  readonly name: string;
  readonly arguments: Record<string, unknown>;
  readonly grant: Grant;
}

/** The owner's MCP servers, which live as long as the worker and serve all tasks. */
export abstract class SharedServers {
  abstract names(): readonly string[];
  abstract call(call: SharedToolCall): Promise<ToolCallResult>;
}
