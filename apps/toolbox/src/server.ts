import { McpServer } from '@modelcontextprotocol/server';
import { build, runTests } from './checks/check.tools.js';
import type { Tool, Toolbox } from './define-tool.js';
import { editFile, readFile, writeFile } from './files/file.tools.js';
import { gitDiff, gitLog, gitStatus } from './git/read.tools.js';
import { gitApply, gitBranch, gitCommit } from './git/write.tools.js';
import { runCommand } from './process/command.tools.js';
import { listFiles, searchFiles } from './search/search.tools.js';

const FILES: readonly Tool[] = [readFile, writeFile, editFile, listFiles, searchFiles];
const GIT: readonly Tool[] = [gitStatus, gitDiff, gitLog, gitBranch, gitCommit, gitApply];
const CHECKS: readonly Tool[] = [runTests, build];

const INSTRUCTIONS =
  "Tools that work in one folder, the task's. Paths are relative to it. A failed call says what to do next.";

/** One MCP server on the toolbox; `run_command` exists only where it is allowed. */
export function createServer(toolbox: Toolbox): McpServer {
  const server = new McpServer(
    { name: 'coorchat-toolbox', title: 'CoorChat toolbox', version: '0.1.0' },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  const commands = toolbox.options.allowCommands ? [runCommand] : [];
  for (const tool of [...FILES, ...GIT, ...commands, ...CHECKS]) tool.register(server, toolbox);
  return server;
}
