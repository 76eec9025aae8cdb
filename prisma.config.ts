import { defineConfig } from 'prisma/config';

// The CLI looks for its schema engine (and would download it) even to generate, where it is never run.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath;

export default defineConfig({
  schema: 'prisma/schema',
  migrations: { path: 'prisma/migrations' },
});
