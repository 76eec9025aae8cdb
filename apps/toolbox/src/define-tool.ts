import type { CallToolResult, McpServer, ToolAnnotations } from '@modelcontextprotocol/server';
import type { z } from 'zod';
import type { ConfinedRoot } from './files/confined-root.js';
import type { ToolboxOptions } from './options.js';
import type { CommandRunner } from './process/command-runner.js';
import { explain } from './toolbox.errors.js';

/** What every tool works with. */
export interface Toolbox {
  readonly root: ConfinedRoot;
  readonly options: ToolboxOptions;
  readonly commands: CommandRunner;
}

export interface ToolCall extends Toolbox {
  readonly signal: AbortSignal;
}

export interface ToolOutcome<Output> {
  /** What a model reads. */
  readonly text: string;
  /** The same for programs. */
  readonly data: Output;
}

interface ToolDefinition<Input extends z.ZodObject, Output extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly annotations: Required<Omit<ToolAnnotations, 'title'>>;
  readonly input: Input;
  readonly output: Output;
  readonly run: (input: z.output<Input>, call: ToolCall) => Promise<ToolOutcome<z.input<Output>>>;
}

export interface Tool {
  readonly name: string;
  register(server: McpServer, toolbox: Toolbox): void;
}

type Annotations = ToolDefinition<z.ZodObject, z.ZodObject>['annotations'];
export const READS: Annotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};
export const ADDS: Annotations = { ...READS, readOnlyHint: false, idempotentHint: false };
export const OVERWRITES: Annotations = { ...ADDS, destructiveHint: true };

function failed(error: unknown): CallToolResult {
  return { isError: true, content: [{ type: 'text', text: explain(error) }] };
}

/** A tool whose failures are results: nothing that it throws ends the server. */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  tool: ToolDefinition<Input, Output>,
): Tool {
  const { name, title, description, annotations } = tool;
  const register = (server: McpServer, toolbox: Toolbox) => {
    const config = { title, description, annotations, inputSchema: tool.input, outputSchema: tool.output };
    server.registerTool<Output, z.ZodObject>(name, config, async (input, context) => {
      try {
        // The server has checked the input against this very schema.
        const { text, data } = await tool.run(input as z.output<Input>, { ...toolbox, signal: context.mcpReq.signal });
        return { content: [{ type: 'text', text }], structuredContent: data };
      } catch (error) {
        return failed(error);
      }
    });
  };
  return { name, register };
}
