export { A2aModule } from './a2a.module.js';
export { HttpsWorkersModule } from './https-workers.module.js';
