import { AppError } from '@coorchat/kernel';

const MAX_LISTED = 50;

export function noSuchTool(name: string, known: readonly string[]): AppError {
  const listed = known.length === 0 ? 'none' : known.slice(0, MAX_LISTED).join(', ');
  const message = `There is no tool "${name}" that this task may use. It may use: ${listed}.`;
  return new AppError({ code: 'worker.no_such_tool', kind: 'not_found', message });
}

export function serverNotGranted(server: string): AppError {
  const message = `The grant does not allow the MCP server "${server}".`;
  return new AppError({ code: 'worker.server_not_granted', kind: 'forbidden', message });
}

export function noSuchServer(server: string): AppError {
  const message = `This worker has no MCP server "${server}".`;
  return new AppError({ code: 'worker.no_such_server', kind: 'not_found', message });
}

export function serverClosed(server: string): AppError {
  const message = `The tool server "${server}" is stopped.`;
  return new AppError({ code: 'worker.tool_server_closed', kind: 'unavailable', message });
}

export function serverUnavailable(server: string, cause?: unknown, words = ''): AppError {
  const said = words === '' ? '' : ` It said: ${words}`;
  const message = `The tool server "${server}" does not start.${said}`;
  return new AppError({ code: 'worker.tool_server_unavailable', kind: 'unavailable', message, cause });
}
