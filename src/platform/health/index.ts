export { type HealthCheck, HealthChecks, type Readiness } from './health-checks.js';
export { HealthModule } from './health.module.js';
