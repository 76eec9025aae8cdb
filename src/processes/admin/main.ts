#!/usr/bin/env node
import 'reflect-metadata';
import { runAdmin } from './admin.js';

process.exit(await runAdmin(process.argv.slice(2)));
