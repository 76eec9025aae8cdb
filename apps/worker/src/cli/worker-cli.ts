import { createRequire } from 'node:module';
import { isAppError } from '@coorchat/kernel';
import { readConfigFile } from '../config/config-file.js';
import { takeEnvironment } from '../config/environment.js';
import type { WorkerConfig } from '../config/worker-config.schema.js';
import { settle } from '../config/worker-settings.js';
import { type DetectionOptions, detectMachine } from '../facts/machine-facts.js';
import { skillsOf } from '../facts/skills.rules.js';
import { Logger } from '../log/logger.js';
import { Redactor } from '../log/redactor.js';
import { type WorkerOptions, WorkerProcess } from '../process/worker-process.js';
import type { MakeParts } from '../process/worker-parts.port.js';
import { HELP, readCommandLine, type StartCommand } from './command-line.js';
import { approvalByPerson } from '../enrolment/person-approval.js';
import { keptKey } from '../enrolment/kept-key.js';
import { FAULT_EXIT_CODE, onFault } from './faults.js';
import { findEnrolmentToken } from './enrolment-token.js';
import { onShutdownSignals } from './shutdown-signals.js';

export type Surroundings = Pick<DetectionOptions, 'sandbox' | 'commands'>;

export interface CliParts {
  readonly makeParts: MakeParts;
  /** What commands of this worker would run in, and what they would find on this path. */
  readonly surroundings: (config: WorkerConfig, path: string) => Promise<Surroundings>;
}

function version(): string {
  const manifest: unknown = createRequire(import.meta.url)('../../package.json');
  const found = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : '';
  return String(found);
}

/** Runs the command line; resolves with the exit code. */
export async function runCli(args: readonly string[], parts: CliParts): Promise<number> {
  try {
    const command = readCommandLine(args);
    switch (command.command) {
      case 'help':
        process.stdout.write(HELP);
        return 0;
      case 'version':
        process.stdout.write(`${version()}\n`);
        return 0;
      case 'facts':
        return await printFacts(command, parts);
      case 'key':
        return await printKey(command);
      case 'start':
        return await start(command, parts);
    }
  } catch (error) {
    process.stderr.write(`coorchat-worker: ${isAppError(error) ? error.message : (error as Error).stack}\n`);
    return 1;
  }
}

async function printFacts(command: StartCommand, { surroundings }: CliParts): Promise<number> {
  const environment = takeEnvironment();
  const config = await readConfigFile(command.config);
  const settings = settle(config, { ...command, url: command.url ?? config.url ?? 'http://localhost' }, environment);
  const around = await surroundings(config, environment.all.PATH ?? '');
  const { facts } = await detectMachine({ settings, ...around, home: environment.home });
  process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
  return 0;
}

async function printKey(command: StartCommand): Promise<number> {
  const config = await readConfigFile(command.config);
  const url = command.url ?? config.url ?? 'http://localhost';
  const { key, note } = await keptKey(settle(config, { ...command, url }, takeEnvironment()));
  if (note) process.stderr.write(`note: ${note}\n`);
  process.stdout.write(`${JSON.stringify(key.publicJwk)}\n`);
  return 0;
}

async function start(command: StartCommand, { makeParts, surroundings }: CliParts): Promise<number> {
  const environment = takeEnvironment();
  const settings = settle(await readConfigFile(command.config), command, environment);
  const redactor = new Redactor();
  redactor.addEnvironment(environment.all);
  for (const server of Object.values(settings.mcpServers)) {
    if ('url' in server) for (const value of Object.values(server.headers)) redactor.add(value);
    else redactor.addEnvironment(server.env);
  }
  const logger = makeLogger(settings, redactor);
  const { tokenFile, tokenStdin } = command;
  const sources = { tokenFile, tokenStdin, environment: environment.enrolmentToken };
  const isGiven = Object.values(sources).some(Boolean);
  const token: WorkerOptions['token'] = async (keyStore) => {
    if (isGiven) return findEnrolmentToken({ ...sources, input: process.stdin });
    const around = await surroundings(settings, environment.all.PATH ?? '');
    const { facts } = await detectMachine({ settings, ...around, keyStore, home: environment.home });
    const skills = skillsOf(facts, { agent: true }).map(({ id }) => id);
    const { url, name } = settings;
    return approvalByPerson({ url, name, facts, skills, show: (code, page) => askPerson(logger, code, page) });
  };
  const worker = await WorkerProcess.open({
    settings,
    environment,
    version: version(),
    token,
    clientId: command.client,
    makeParts,
    redactor,
    logger,
  });
  return untilStopped(worker, logger);
}

function askPerson(logger: Logger, code: string, page: string): void {
  logger.info(`This machine is not enrolled yet. Open ${page} and enter the code ${code} to let it in.`);
}

/** How long a worker that is broken may take to stop cleanly: longer than its running tasks have to let go. */
const FAULT_STOP_MS = 20_000;

async function untilStopped(worker: WorkerProcess, logger: Logger): Promise<number> {
  let exitCode = 0;
  // What goes wrong while it stops is told by `run`.
  const stop = () => void worker.stop().catch(() => undefined);
  onShutdownSignals((signal) => {
    logger.info(`${signal}: stops; once more to stop at once`);
    stop();
  });
  onFault(logger, () => {
    exitCode = FAULT_EXIT_CODE;
    setTimeout(() => process.exit(FAULT_EXIT_CODE), FAULT_STOP_MS).unref();
    stop();
  });
  await worker.run();
  return exitCode;
}

function makeLogger({ log }: WorkerConfig, redactor: Redactor): Logger {
  // Whoever read the log may leave; the work goes on.
  process.stdout.on('error', () => undefined);
  const format = log.format === 'auto' ? (process.stdout.isTTY ? 'readable' : 'json') : log.format;
  return new Logger({ level: log.level, format, redactor, write: (line) => process.stdout.write(`${line}\n`) });
}
