#!/usr/bin/env node
import 'reflect-metadata';
import { runAdmin } from './processes/index.js';

process.exit(await runAdmin(process.argv.slice(2)));
