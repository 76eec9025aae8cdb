import { readFile, stat } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isAppError } from '@coorchat/kernel';
import { auditRecordView, AuditStore, ChainCheck } from '../../audit/index.js';
import { type AppConfig, dataDirOf, loadConfig, placeSecretKey } from '../../platform/config/index.js';
import { DatabasePools, joinDatabase, migrate, openDatabase, UnitOfWork } from '../../platform/db/index.js';
import { FeedSignal, Outbox, PLATFORM_ORG } from '../../platform/outbox/index.js';
import { createLogger, Metrics } from '../../platform/telemetry/index.js';
import { adminErrors } from './admin.errors.js';
import { backup } from './backup.js';
import { readHead, restore } from './restore.js';
import { anchorsOf, auditReportLines, recordsOf } from './verify-audit.js';

const USAGE = `coorchat-admin: what an operator does beside the running control plane.

  coorchat-admin audit verify [--org <id>] [--anchor <org>:<seq>:<hash>]…
      Reads the chains of the audit trail again; exits 1 at the first broken link of any.

  coorchat-admin audit list --org <id>
      The trail of an organization, oldest first, as NDJSON; --org platform: starts, settings, looks across organizations.

  coorchat-admin backup <file> --passphrase-file <file>     (or --unencrypted, without the secret key)
      Database, blobs and secret key in one file. CoorChat may be running.

  coorchat-admin restore <file> [--passphrase-file <file>]
      Into an empty data directory or database. CoorChat must not be running.

The same environment variables as CoorChat itself: COORCHAT_DATA_DIR, DATABASE_URL, …`;

const OPTIONS = {
  org: { type: 'string' },
  anchor: { type: 'string', multiple: true },
  'passphrase-file': { type: 'string' },
  unencrypted: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Values = ReturnType<typeof parse>['values'];

const MIN_PASSPHRASE = 16;
const say = (line: string) => process.stderr.write(`${line}\n`);

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw adminErrors.usage(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

async function passphraseOf(values: Values): Promise<string | undefined> {
  const file = values['passphrase-file'];
  if (file === undefined) return undefined;
  const passphrase = (await readFile(resolve(file), 'utf8')).trim();
  if (passphrase.length < MIN_PASSPHRASE) throw adminErrors.weakPassphrase();
  return passphrase;
}

async function version(): Promise<string> {
  const file = join(import.meta.dirname, '..', '..', '..', 'package.json');
  return (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version;
}

/** The database of the running control plane, or of one that is stopped, for as long as `use` takes. */
async function withDatabase<T>(use: (config: AppConfig) => Promise<T>): Promise<T> {
  const database = await joinDatabase(loadConfig(), createLogger({ level: 'warn' }));
  try {
    return await use(database.config);
  } finally {
    await database.close();
  }
}

async function usingPools<T>(config: AppConfig, use: (uow: UnitOfWork) => Promise<T>): Promise<T> {
  const logger = createLogger({ level: 'warn' });
  const pools = new DatabasePools(config, logger);
  try {
    return await use(new UnitOfWork(pools, logger, new Metrics()));
  } finally {
    await pools.close();
  }
}

type OperatorAct = 'audit_verified' | 'audit_listed' | 'backed_up' | 'restored';

/** What operators do beside the control plane goes on record like everything else. */
function note(uow: UnitOfWork, act: OperatorAct, what: object = {}): Promise<void> {
  const by = { actor: { kind: 'system', id: 'operator' }, requestId: '' };
  const data = { by, systemUser: userInfo().username, ...what };
  const event = { type: `platform.${act}`, orgId: PLATFORM_ORG, subject: hostname(), data };
  return uow.system('audit.platform', (tx) => new Outbox(new FeedSignal()).append(tx, event));
}

function withUnitOfWork<T>(use: (uow: UnitOfWork) => Promise<T>): Promise<T> {
  return withDatabase((config) => usingPools(config, use));
}

async function verifyAudit(values: Values): Promise<number> {
  const anchors = anchorsOf(values.anchor ?? []);
  return withUnitOfWork(async (uow) => {
    const check = new ChainCheck(uow, new AuditStore());
    await note(uow, 'audit_verified', { of: values.org ?? 'all', anchors: anchors.length });
    const options = { anchors, ...(values.org === undefined ? {} : { orgId: values.org }) };
    let broken = 0;
    for await (const report of check.run(options)) {
      if (report.broken) broken++;
      process.stdout.write(`${auditReportLines(report).join('\n')}\n`);
    }
    return broken === 0 ? 0 : 1;
  });
}

async function listAudit(values: Values): Promise<number> {
  const orgId = values.org;
  if (orgId === undefined) throw adminErrors.usage('Name the organization: coorchat-admin audit list --org <id>');
  return withUnitOfWork(async (uow) => {
    await note(uow, 'audit_listed', { of: orgId });
    for await (const record of recordsOf(uow, orgId))
      process.stdout.write(`${JSON.stringify(auditRecordView(record))}\n`);
    return 0;
  });
}

async function makeBackup(path: string, values: Values): Promise<number> {
  const passphrase = await passphraseOf(values);
  if (passphrase === undefined && !values.unencrypted) throw adminErrors.noPassphrase();
  const options = { path: resolve(path), passphrase, version: await version(), onProgress: say };
  const summary = await withDatabase(async (config) => {
    await usingPools(config, (uow) =>
      note(uow, 'backed_up', { file: options.path, encrypted: passphrase !== undefined }),
    );
    return backup({ ...options, config });
  });
  say(
    `${options.path}: ${summary.tables} tables, ${summary.rows} rows, ${summary.blobs} blobs, ${summary.bytes} bytes`,
  );
  if (summary.missingBlobs > 0) say(`${summary.missingBlobs} blobs were deleted meanwhile and are not in it`);
  if (passphrase === undefined) say('The secret key is not in it: keep it, or secrets in this backup stay closed.');
  return 0;
}

function isEmpty(config: AppConfig): Promise<boolean> {
  return usingPools(config, async (uow) => {
    const rows = await uow.system('identity.bootstrap', (tx) => tx.sql`SELECT 1 FROM organization LIMIT 1`);
    return rows.length === 0;
  });
}

async function restoreBackup(path: string, values: Values): Promise<number> {
  const file = resolve(path);
  await stat(file);
  const passphrase = await passphraseOf(values);
  const { manifest, secretKey } = await readHead(file, passphrase);
  if (!placeSecretKey(dataDirOf(), secretKey))
    throw secretKey === undefined ? adminErrors.keyNeeded() : adminErrors.otherKey();
  const logger = createLogger({ level: 'warn' });
  const database = await openDatabase(loadConfig(), logger);
  try {
    await migrate(database.config, logger);
    if (!(await isEmpty(database.config))) throw adminErrors.notEmpty();
    say(`restoring the backup of ${manifest.createdAt} …`);
    const done = await restore({ config: database.config, path: file, passphrase, manifest, onProgress: say });
    const { createdAt: takenAt } = manifest;
    await usingPools(database.config, (uow) => note(uow, 'restored', { file, takenAt, rows: done.rows }));
    say(`restored ${done.tables} tables, ${done.rows} rows, ${done.blobs} blobs`);
    return 0;
  } finally {
    await database.close();
  }
}

async function dispatch(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  const [command, target] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(`${USAGE}\n`);
    return values.help ? 0 : 2;
  }
  if (command === 'audit' && target === 'verify') return verifyAudit(values);
  if (command === 'audit' && target === 'list') return listAudit(values);
  if (command === 'backup' && target !== undefined) return makeBackup(target, values);
  if (command === 'restore' && target !== undefined) return restoreBackup(target, values);
  throw adminErrors.usage(USAGE);
}

/** The operator's program. @returns its exit code */
export async function runAdmin(args: readonly string[]): Promise<number> {
  try {
    return await dispatch(args);
  } catch (error) {
    const expected = isAppError(error) && error.kind !== 'internal';
    say(expected || !(error instanceof Error) ? String((error as Error).message) : (error.stack ?? error.message));
    return isAppError(error) && error.code === 'admin.usage' ? 2 : 1;
  }
}
