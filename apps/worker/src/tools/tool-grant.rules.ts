import type { Grant } from '@coorchat/a2a';

export type ToolGrant = Pick<Grant, 'tools' | 'mcpServers' | 'commands' | 'network'>;

/** Tools that can run anything at all need a permission of their own. */
const COMMAND_TOOLS: ReadonlySet<string> = new Set(['run_command']);

function names(list: readonly string[], name: string): boolean {
  return list.includes('*') || list.includes(name);
}

export function allowsTool(grant: ToolGrant, name: string): boolean {
  return names(grant.tools, name) && (grant.commands || !COMMAND_TOOLS.has(name));
}

export function allowsServer(grant: ToolGrant, server: string): boolean {
  return names(grant.mcpServers, server);
}
