import { setFlagsFromString } from 'node:v8';

/**
 * Loading and wiring the program allocates much once. V8 takes that for the usual rate, grows its space for young objects
 * to the full and keeps it: about 65 MB that an idle control plane never uses. So the space is held until the program
 * serves, and grows with the real work (2 is V8's default). V8 reads this flag only when the space may grow.
 */
const growYoungGenerationBy = (factor: 1 | 2) => setFlagsFromString(`--semi-space-growth-factor=${factor}`);

growYoungGenerationBy(1);
await import('reflect-metadata');
const { run } = await import('./processes/index.js');

process.exit(await run(process.argv.slice(2), { onServing: () => growYoungGenerationBy(2) }));
