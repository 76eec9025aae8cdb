const SEPARATOR = '__';
const MAX_NAME = 128;

/** The name that a model calls, which allows fewer letters than MCP does. */
export function publicName(server: string, tool: string): string {
  return `${server}${SEPARATOR}${tool}`.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, MAX_NAME);
}
