import 'reflect-metadata';
import { run } from './processes/index.js';

process.exit(await run(process.argv.slice(2)));
